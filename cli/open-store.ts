import { type OpenStore, openStore } from '../pipeline/store/open-store.ts';
import type { CommandContext } from './command-context.ts';
import { storeLocationOf } from './pipeline-places.ts';
import { TOOL_VERSION } from './tool-version.ts';

/**
 * The store that a command means: PostgreSQL at `DATABASE_URL`, else the embedded one in the data directory (`--data`, else
 * `MESHGATE_DATA_DIR`, else `.meshgate` here). With the machine's clock. Rejects with `StoreError`.
 */
export const openStoreOf = (
  data: string | undefined,
  context: Pick<CommandContext, 'env' | 'cwd'>,
): Promise<OpenStore> =>
  openStore(storeLocationOf(data, context), { clock: { nowEpochMs: () => Date.now() }, toolVersion: TOOL_VERSION });

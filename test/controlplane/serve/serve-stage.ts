import {
  type StageServer,
  type StageServerOptions,
  startStageServer,
} from '../../../controlplane/serve/stage-server.ts';
import { STAGE } from './memory-source.ts';

/** A control plane of `STAGE` on loopback, which lets every node in, reports to nobody and says nothing: unless something else is told. */
export const serveStage = (
  options: Pick<StageServerOptions, 'source'> & Partial<StageServerOptions>,
): Promise<StageServer> =>
  startStageServer({
    stage: STAGE,
    node: {},
    host: '127.0.0.1',
    port: 0,
    sink: async () => {},
    nowEpochMs: () => Date.now(),
    say: () => {},
    ...options,
  });

import { askAdmin } from '../admin/admin-client.ts';
import type { CellEvidence } from '../report/matrix-result.ts';
import type { BootedEnvoy } from './boot.ts';

/** What is kept of an Envoy with which something was wrong: its log, what it holds, and what was said over xDS. Never rejects. */
export async function gatherEvidence(booted: BootedEnvoy): Promise<CellEvidence> {
  const configDump = await askAdmin(booted.envoy.adminUrl, '/config_dump?include_eds').then(
    (text) => JSON.parse(text) as unknown,
    () => undefined,
  );
  return {
    envoyLog: booted.envoy.log(),
    ...(configDump === undefined ? {} : { configDump }),
    conversation: booted.conversation(),
  };
}

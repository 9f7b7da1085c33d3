import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunningCell } from '../../../conformance/cell/running-cell.ts';
import type { Stage } from '../../../render/config/mesh-config.ts';
import { DEFAULT_OBSERVE, NO_GATES } from '../../../render/config/stage-defaults.ts';
import type { EnvoyVersion, StageName } from '../../../render/ids.ts';
import { makeSnapshot } from '../../../render/snapshot.ts';

const at = { file: 'mesh.yaml', line: 1, column: 1 };

/** A cell without an Envoy, for what needs none: scripts. */
export async function fakeCell(signal = new AbortController().signal): Promise<RunningCell & AsyncDisposable> {
  const scratchDir = await mkdtemp(join(tmpdir(), 'mesh check '));
  const stage: Stage = {
    name: 'canary' as StageName,
    envoys: [],
    node: {},
    guards: { defaultPanicThresholdPercent: 50, rehearsalRequestsPerSecond: 50 },
    gates: NO_GATES,
    observe: DEFAULT_OBSERVE,
    target: undefined,
    at,
  };
  const listener = { kind: 'listener', name: 'edge-http.v2', body: { name: 'edge-http.v2' }, at } as const;
  return {
    cell: { stage, envoy: { version: '1.38.3' as EnvoyVersion } },
    snapshot: makeSnapshot(stage.name, [listener]),
    adminUrl: new URL('http://127.0.0.1:9901/'),
    upstreams: undefined as never,
    pki: { caCertificate: 'the authority', certificate: '', privateKey: '' },
    listenerAddress: (name) => (name === listener.name ? { host: '127.0.0.1', port: 18_080 } : undefined),
    accessLogLines: async () => [],
    scratchDir,
    signal,
    [Symbol.asyncDispose]: () => rm(scratchDir, { recursive: true, force: true }),
  };
}

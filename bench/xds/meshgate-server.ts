// Meshgate's control plane as a server of the xDS benchmark, beside those of `bench/peers/server`: `node meshgate-server.ts FILE [PROFILE]` serves the
// resources of a file until its standard input ends; each line of that is one resource that replaces the one of the same name. Into PROFILE
// goes a CPU profile of all that it did once it listened.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { servedSnapshot } from '../../controlplane/encode-served.ts';
import { startControlPlane } from '../../controlplane/xds/control-plane.ts';
import type { Resource } from '../../render/resource.ts';
import { startCpuProfile } from './cpu-profile.ts';
import type { BenchResource } from './resources.ts';

const GROUP = 'bench';
const NOWHERE = { file: '', line: 1, column: 1 };
const placed = (resource: BenchResource): Resource => ({ ...resource, at: NOWHERE });

const [file = '', profileFile] = process.argv.slice(2);
const resources = (JSON.parse(readFileSync(file, 'utf8')) as BenchResource[]).map(placed);
let changes = 0;
const served = () => servedSnapshot(`bench-${changes}`, resources);

// As `mesh serve` starts it.
const controlPlane = await startControlPlane({
  host: '127.0.0.1',
  port: 0,
  sharedIds: true,
  keepaliveMs: 30_000,
  conversation: 'off',
  admit: () => ({ kind: 'admitted', group: GROUP }),
});
controlPlane.setSnapshot(GROUP, served());
const endProfile = profileFile === undefined ? undefined : await startCpuProfile();
const say = (event: Readonly<Record<string, unknown>>): void => console.log(JSON.stringify(event));
say({ event: 'listening', port: controlPlane.port });

for await (const line of createInterface({ input: process.stdin })) {
  const startedAtNs = Number(process.hrtime.bigint());
  const changed = placed(JSON.parse(line) as BenchResource);
  const index = resources.findIndex(({ kind, name }) => kind === changed.kind && name === changed.name);
  resources[index] = changed;
  changes += 1;
  controlPlane.setSnapshot(GROUP, served());
  say({ event: 'changing', startedAtNs });
}
if (profileFile !== undefined) await endProfile?.(profileFile);
await controlPlane[Symbol.asyncDispose]();
process.exit(0);

import { setTimeout as sleep } from 'node:timers/promises';
import { isJsonObject, type JsonObject } from '../../render/json.ts';
import { flagAt, objectsAt, stringAt } from '../../render/read-json.ts';
import type { DemoStage } from './demo-mesh.ts';
import type { DemoWorld } from './demo-world.ts';
import { StoryFault } from './play.ts';

/** Longer than any demo: hosts register once, as a person would with `curl`. */
const TTL_SECONDS = 3_600;
const WITHIN_MS = 90_000;
const LOOK_EVERY_MS = 250;

/** Registers hosts of a service with the control plane of a stage. */
export async function registerHosts(
  { ports }: DemoWorld,
  stage: DemoStage,
  service: string,
  hosts: readonly number[],
  tags: readonly string[] = [],
): Promise<void> {
  const url = `http://127.0.0.1:${ports.registry.get(stage)}/v1/registration/${service}`;
  for (const port of hosts) {
    const body = JSON.stringify({ address: '127.0.0.1', port, tags, ttl_seconds: TTL_SECONDS });
    const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    if (!answer.ok) throw new StoryFault(`registering ${service}: ${answer.status} ${await answer.text()}`);
  }
}

/** One cluster as the admin API shows it, with its ramp; undefined while it is not served. */
export async function clusterOf(
  { ports }: DemoWorld,
  stage: DemoStage,
  cluster: string,
): Promise<JsonObject | undefined> {
  const answer = await fetch(`http://127.0.0.1:${ports.admin.get(stage)}/endpoints?cluster=${cluster}`);
  if (!answer.ok) return undefined;
  const body: unknown = await answer.json();
  return isJsonObject(body) ? objectsAt(body, 'clusters')[0] : undefined;
}

export type RampSeen = {
  readonly served: number;
  readonly onTrial: number;
  readonly steps: number;
  readonly logged: number;
};

export function rampSeen(cluster: JsonObject | undefined): RampSeen {
  const served = objectsAt(cluster, 'ramp', 'served');
  return {
    served: served.length,
    onTrial: served.filter((host) => flagAt(host, 'onTrial')).length,
    steps: objectsAt(cluster, 'ramp', 'log').filter((entry) => stringAt(entry, 'kind') === 'entered').length,
    logged: rampLog(cluster).length,
  };
}

/** What the ramp did, oldest first. */
export const rampLog = (cluster: JsonObject | undefined): readonly string[] =>
  objectsAt(cluster, 'ramp', 'log').map((entry) => stringAt(entry, 'text'));

/** Looks until `probe` gives something; rejects with what was missing. */
export async function seen<T>(what: string, probe: () => Promise<T | undefined>): Promise<T> {
  const endsAt = performance.now() + WITHIN_MS;
  for (;;) {
    const found = await probe().catch(() => undefined);
    if (found !== undefined) return found;
    if (performance.now() > endsAt) throw new StoryFault(`${what}: not seen within ${WITHIN_MS / 1_000} s`);
    await sleep(LOOK_EVERY_MS);
  }
}

/** A counter of every Envoy of a stage. */
export async function statsOf({ fleet }: DemoWorld, stage: DemoStage, name: string): Promise<readonly number[]> {
  const own = fleet.envoys.filter((one) => one.stage === stage);
  return Promise.all(
    own.map(async ({ envoy }) => {
      const text = await (
        await fetch(new URL(`/stats?filter=^${name.replaceAll('.', '\\.')}$`, envoy.adminUrl))
      ).text();
      return Number(text.split(': ')[1] ?? Number.NaN);
    }),
  );
}

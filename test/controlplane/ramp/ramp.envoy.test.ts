import { expect, test } from 'vitest';
import { createClient } from '../../../conformance/client/client.ts';
import { type RunningTraffic, startTraffic } from '../../../conformance/client/traffic.ts';
import { PINNED_ENVOY_VERSIONS } from '../../../conformance/launcher/pinned-versions.ts';
import { pollUntil } from '../../../conformance/poll-until.ts';
import type { HealthSource } from '../../../controlplane/ramp/health-source.ts';
import { probeSpecOf } from '../../../controlplane/ramp/probe.ts';
import { probeHealth } from '../../../controlplane/ramp/probe-health.ts';
import type { JsonObject } from '../../../render/json.ts';
import { sideBySide } from '../../side-by-side.ts';
import { fleetNode } from '../serve/fleet-node.ts';
import { CHECKED, CLUSTER, rampedMesh, realClock } from './ramp-node.ts';

const VERSIONS = [PINNED_ENVOY_VERSIONS[0] ?? '', PINNED_ENVOY_VERSIONS.at(-1) ?? ''];
const WITHIN_MS = 60_000;
const nothing = new AbortController().signal;
const soon = <T>(what: string, probe: () => Promise<T | undefined>): Promise<T> =>
  pollUntil(what, WITHIN_MS, nothing, probe);

/** The mesh with one sidecar on it, under requests. */
async function world(version: string, hosts: number, sources: readonly HealthSource[] = []) {
  const mesh = await rampedMesh({ hosts, sources });
  const client = createClient({ pki: mesh.pki });
  const sidecar = () => fleetNode(version, 'sidecar', mesh.port, { statsFlushMs: 500 });
  let node = await sidecar();
  let traffic: RunningTraffic | undefined;
  const failed: string[] = [];
  const stop = async () => {
    const report = await traffic?.stop();
    traffic = undefined;
    failed.push(...(report?.failures ?? []).map(({ answer }) => JSON.stringify(answer)));
    return report?.sent ?? 0;
  };
  const stat = async (name: string): Promise<number> =>
    Number((await node.admin(`/stats?filter=^cluster\\.${CLUSTER}\\.${name}$`)).split(': ')[1] ?? Number.NaN);
  return {
    mesh,
    failed,
    stop,
    stat,
    async go(): Promise<void> {
      const port = await soon('listener', () => node.portOf('web'));
      traffic = startTraffic({
        client,
        requests: [
          {
            listener: 'web',
            method: 'GET',
            authority: 'app',
            path: '/',
            headers: {},
            protocol: 'http/1.1',
            timeoutMs: 10_000,
          },
        ],
        addressOf: () => ({ host: '127.0.0.1', port }),
        requestsPerSecond: 50,
      });
    },
    async restart(): Promise<void> {
      await node[Symbol.asyncDispose]();
      node = await sidecar();
    },
    want: (from: number, to: number) => mesh.ramp.want(new Map([[0, mesh.hosts(from, to)]])),
    there: (count: number) =>
      soon(`${count} hosts`, async () => {
        const view = mesh.ramp.view();
        if (view.stage === 'there' && view.served.length === count && view.served.every(({ onTrial }) => !onTrial))
          return true;
        throw new Error(JSON.stringify(view));
      }),
    async [Symbol.asyncDispose]() {
      await stop();
      await client[Symbol.asyncDispose]();
      await node[Symbol.asyncDispose]();
      await mesh[Symbol.asyncDispose]();
    },
  };
}

for (const version of VERSIONS)
  sideBySide(`a ramp with a real Envoy ${version}, under traffic`, () => {
    test('eight hosts in maintenance beside four: no panic, none gets a request, and they enter when it is over', async () => {
      // Nobody but the Envoy itself knows that they fail.
      await using it = await world(version, 12);
      it.want(1, 4);
      await it.there(4);
      it.mesh.setHealth(5, 12, 'maintenance');
      await it.go();
      const sinceMs = performance.now();
      it.want(1, 12);
      const stuck = await soon('no more of them are safe', async () =>
        it.mesh.ramp.view().waiting.find(({ kind }) => kind === 'no-room'),
      );
      expect(stuck.text).toContain(
        'in the worst case 4 of 8 are healthy, 4 are needed at a threshold of 50 % (sidecar sees 4 unhealthy)',
      );
      expect(await it.stat('membership_total')).toBe(8);
      expect(await it.stat('membership_healthy')).toBe(4);
      expect(await it.stop()).toBeGreaterThan(20);
      expect(await it.stat('lb_healthy_panic')).toBe(0);
      expect(it.mesh.reached(5, 12, sinceMs)).toBe(0);
      expect(it.mesh.reached(1, 4, sinceMs)).toBeGreaterThan(20);

      it.mesh.setHealth(5, 12, 'serving');
      await it.go();
      await it.there(12);

      // A registry that flaps: now it knows two of them, now all.
      for (let turn = 0; turn < 4; turn++) {
        it.want(1, turn % 2 === 0 ? 2 : 12);
        const checks = it.mesh.upstreams.healthChecks({ cluster: CLUSTER });
        await soon(
          'a round of checks',
          async () => it.mesh.upstreams.healthChecks({ cluster: CLUSTER }) > checks + 12 || undefined,
        );
      }
      await it.there(12);
      await it.stop();
      expect(await it.stat('lb_healthy_panic')).toBe(0);
      expect(it.failed).toEqual([]);
    });

    test('every host replaced at once, the sidecar restarted in the middle; what a probe sees failing does not enter at all', async () => {
      const spec = probeSpecOf(CHECKED);
      if (!spec) throw new Error('no probe');
      const probe = probeHealth({ spec: { ...spec, intervalMs: 500 }, clock: realClock });
      await using it = await world(version, 9, [probe]);
      it.want(1, 4);
      await it.there(4);
      it.mesh.setHealth(9, 9, 'maintenance');
      await it.go();
      const sinceMs = performance.now();
      it.want(5, 9);
      await soon('the first step', async () => it.mesh.ramp.view().version > 1 || undefined);
      await it.stop();
      expect(await it.stat('lb_healthy_panic')).toBe(0);
      await it.restart();
      await it.go();
      const served = await soon('the new hosts alone', async () => {
        const { served: hosts } = it.mesh.ramp.view();
        const ports = hosts.map(({ address }) => address).sort();
        const wanted = it.mesh.hosts(5, 8).map(({ port }) => `127.0.0.1:${port}`);
        if (ports.join() === wanted.sort().join()) return hosts;
        throw new Error(JSON.stringify(it.mesh.ramp.view()));
      });
      expect(served).toHaveLength(4);
      await soon('requests to each of them', async () =>
        [5, 6, 7, 8].every((n) => it.mesh.reached(n, n, sinceMs) > 0) ? true : undefined,
      );
      await it.stop();
      expect(await it.stat('lb_healthy_panic')).toBe(0);
      expect(it.mesh.reached(9, 9, 0)).toBe(0);
      expect(it.mesh.ramp.view().waiting).toEqual([
        { kind: 'unhealthy', hosts: [expect.stringMatching(/^127/)], text: 'seen unhealthy' },
      ]);
      expect(it.failed).toEqual([]);
    });

    test('Envoys that disagree: the one that sees no healthy host stops the ramp for all, and lets it go when it is gone', async () => {
      await using it = await world(version, 8);
      it.want(1, 4);
      await it.there(4);
      const [check] = CHECKED.healthChecks as JsonObject[];
      const strange = {
        ...check,
        httpHealthCheck: { path: '/healthz', expectedStatuses: [{ start: '299', end: '300' }] },
      };
      const applied = it.mesh.also('other', { ...CHECKED, healthChecks: [strange] });
      {
        await using _other = await fleetNode(version, 'other', it.mesh.port, { statsFlushMs: 500 });
        await applied;
        await soon('both are heard', async () => {
          const { fleet } = it.mesh.ramp.view();
          return (fleet.kind === 'seen' && fleet.envoys === 2 && fleet.unhealthyMost === 4) || undefined;
        });
        it.want(1, 8);
        const stuck = await soon('a reason', async () =>
          it.mesh.ramp.view().waiting.find(({ kind }) => kind === 'no-room'),
        );
        expect(stuck.text).toContain(
          '0 of 4 are healthy, 2 are needed at a threshold of 50 % (other sees 4 unhealthy)',
        );
        expect(it.mesh.ramp.view().served).toHaveLength(4);
        it.mesh.noLonger('other');
      }
      await it.there(8);
      expect(await it.stat('lb_healthy_panic')).toBe(0);
    });
  });

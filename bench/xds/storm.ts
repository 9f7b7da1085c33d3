import { writeFile } from 'node:fs/promises';
import type { Case } from './one-run.ts';
import type { XdsOptions } from './options.ts';
import { CONTESTANTS, type Contestant, type PeerPrograms, startClient, startServer } from './peers.ts';
import type { Print } from './print.ts';
import { figuresAtRest } from './process-figures.ts';
import { benchChange, benchResources } from './resources.ts';
import { grouped } from './tables.ts';

/** All streams of a fleet, back at once on a server that has just been started. */
export type StormFigures = {
  /** From the first connection to the moment the last stream was served. */
  readonly servedMs: number;
  readonly cpuSeconds: number;
  readonly peakMebibytes: number;
  readonly bytes: number;
  /** Resources that nobody lacked. */
  readonly unneeded: number;
};

const REST_WITHIN_MS = 10_000;

/**
 * Kills a server under its streams, starts it again and has all streams come back at once, saying what they hold; once with everything
 * as it was, once with one endpoint changed meanwhile. Each stream lacks its listener, so that it shows when it is served.
 */
export async function storms(programs: PeerPrograms, options: XdsOptions, dir: string, print: Print): Promise<boolean> {
  const { clusters: [clusters = 0] = [100], streams: [streams = 0] = [1_000], protocols } = options;
  let allThrough = true;
  print(`\nReconnect storm: ${grouped(streams)} streams at once after a restart, ${grouped(clusters)} clusters.\n`);
  print('| protocol | changed meanwhile | server | all served, ms | CPU s | peak MiB | KB sent | unneeded resources |');
  print('| --- | --- | --- | --- | --- | --- | --- | --- |');
  for (const protocol of protocols) {
    for (const changed of [false, true]) {
      // The ceiling knows no versions.
      for (const whose of CONTESTANTS.filter((one) => one !== 'ceiling' && options.contestants.includes(one))) {
        const head = `| ${protocol} | ${changed ? 'one endpoint' : 'nothing'} | ${whose} |`;
        try {
          const seen = await oneStorm(programs, whose, { clusters, streams, protocol }, changed, dir);
          const { servedMs, cpuSeconds, peakMebibytes, bytes, unneeded } = seen;
          print(
            `${head} ${grouped(Math.round(servedMs))} | ${cpuSeconds.toFixed(2)} | ${grouped(Math.round(peakMebibytes))} | ${grouped(Math.round(bytes / 1e3))} | ${grouped(unneeded)} |`,
          );
        } catch (fault) {
          allThrough = false;
          console.error(fault);
          print(`${head} did not get through | | | | |`);
        }
      }
    }
  }
  return allThrough;
}

export async function oneStorm(
  programs: PeerPrograms,
  whose: Contestant,
  { clusters, streams, protocol }: Case,
  changed: boolean,
  dir: string,
): Promise<StormFigures> {
  const before = benchResources(clusters);
  const { resource, marker } = benchChange(0, clusters);
  const after = before.map((one) => (one.kind === resource.kind && one.name === resource.name ? resource : one));
  const [fileBefore, fileAfter] = [`${dir}/before.json`, `${dir}/after.json`];
  await writeFile(fileBefore, JSON.stringify(before));
  await writeFile(fileAfter, JSON.stringify(after));

  const first = await startServer(programs, whose, fileBefore);
  await using _first = first.process;
  await using client = await startClient(programs, first.port, protocol, fileBefore);
  client.tell({ do: 'connect', streams });
  await client.next('full');
  await figuresAtRest(first.process.pid, REST_WITHIN_MS);
  client.tell({ do: 'expect-loss' });
  await client.next('expecting');
  await first.process.kill();
  await client.next('lost');

  const second = await startServer(programs, whose, changed ? fileAfter : fileBefore);
  await using _second = second.process;
  const { pid } = second.process;
  const idle = await figuresAtRest(pid, REST_WITHIN_MS);
  if (changed) {
    client.tell({ do: 'expect', resource, marker });
    await client.next('expecting');
  }
  client.tell({ do: 'reconnect', target: `127.0.0.1:${second.port}` });
  const events = [await client.next('served')];
  const servedAtNs = [Number(events[0]?.lastAtNs)];
  if (changed) {
    const event = await client.next('changed');
    events.push(event);
    servedAtNs.push(Number(event.lastAtNs));
  }
  const rest = await figuresAtRest(pid, REST_WITHIN_MS);
  client.tell({ do: 'counts' });
  events.push(await client.next('counts'));
  client.tell({ do: 'verify' });
  const { problem } = await client.next('verified');
  if (problem !== '') throw new Error(`what its nodes hold is not what it serves: ${String(problem)}`);
  const total = (key: 'bytes' | 'resources'): number => events.reduce((sum, event) => sum + Number(event[key]), 0);
  return {
    servedMs: (Math.max(...servedAtNs) - Number(events[0]?.startedAtNs)) / 1e6,
    cpuSeconds: rest.cpuSeconds - idle.cpuSeconds,
    peakMebibytes: rest.peakMebibytes,
    bytes: total('bytes'),
    unneeded: total('resources') - streams * (changed ? 2 : 1),
  };
}

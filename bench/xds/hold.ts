import { readFileSync } from 'node:fs';
import type { LineProcess } from './line-process.ts';
import { changeOne } from './one-run.ts';
import type { XdsOptions } from './options.ts';
import { CONTESTANTS, type PeerPrograms, startClient, startServer } from './peers.ts';
import type { Print } from './print.ts';
import { figuresAtRest, figuresOf } from './process-figures.ts';
import { grouped } from './tables.ts';

const STEPS = [1_000, 2_500, 5_000, 10_000] as const;
/** Connections at once: how a server takes a flood of them is not asked here. */
const PORTION = 500;
const REST_WITHIN_MS = 30_000;
const CHANGES = 3;
/** What a process opens beside its streams. */
const SPARE_DESCRIPTORS = 200;

/** 10,000 streams on one server, in steps: what each step adds, and how long a change then takes. Prints a line for each step. */
export async function hold(
  programs: PeerPrograms,
  options: XdsOptions,
  resourcesFile: (clusters: number) => Promise<string>,
  print: Print,
): Promise<boolean> {
  const { clusters: [clusters = 0] = [100], protocols } = options;
  const descriptors = descriptorLimit();
  const wanted = options.streams ?? STEPS;
  const steps = wanted.filter((streams) => streams + SPARE_DESCRIPTORS <= descriptors);
  if (steps.length < wanted.length)
    print(`hold: ${descriptors} file descriptors a process allow no ${grouped(Math.max(...wanted))} streams`);
  const file = await resourcesFile(clusters);
  print(`\nMany streams on one server, ${grouped(clusters)} clusters.\n`);
  print('| protocol | server | streams | added, all full, ms | RSS MiB | KiB per added stream | change, ms | CPU ms |');
  print('| --- | --- | --- | --- | --- | --- | --- | --- |');
  let allThrough = true;
  // The peers are asked for by name: what they take is in the table of cases already.
  const asked = options.contestants.length === CONTESTANTS.length ? (['meshgate'] as const) : options.contestants;
  for (const protocol of protocols) {
    for (const whose of asked) {
      try {
        const server = await startServer(programs, whose, file);
        await using _server = server.process;
        await using client = await startClient(programs, server.port, protocol, file);
        const { pid } = server.process;
        let before = await figuresAtRest(pid, REST_WITHIN_MS);
        let open = 0;
        let changes = 0;
        for (const streams of steps) {
          const addedMs = await connectSome(client, streams - open);
          const now = await figuresAtRest(pid, REST_WITHIN_MS);
          const growth = ((now.residentMebibytes - before.residentMebibytes) * 1024) / (streams - open);
          const times: number[] = [];
          for (let left = CHANGES; left > 0; left -= 1) {
            times.push((await changeOne(server, client, changes, clusters)).ms);
            changes += 1;
            await figuresAtRest(pid, REST_WITHIN_MS);
          }
          const cpuMs = ((figuresOf(pid).cpuSeconds - now.cpuSeconds) * 1_000) / CHANGES;
          print(
            `| ${protocol} | ${whose} | ${grouped(streams)} | ${grouped(Math.round(addedMs))} | ${grouped(Math.round(now.residentMebibytes))} | ${growth.toFixed(0)} | ${times.map((time) => time.toFixed(0)).join(', ')} | ${cpuMs.toFixed(0)} |`,
          );
          before = now;
          open = streams;
        }
      } catch (fault) {
        allThrough = false;
        console.error(fault);
        print(`| ${protocol} | ${whose} | did not get through | | | | | |`);
      }
    }
  }
  return allThrough;
}

/** Resolves with how long it took until the last of them held everything. */
async function connectSome(client: LineProcess, streams: number): Promise<number> {
  let ms = 0;
  for (let left = streams; left > 0; left -= PORTION) {
    client.tell({ do: 'connect', streams: Math.min(left, PORTION) });
    const full = await client.next('full');
    ms += (Number(full.lastAtNs) - Number(full.startedAtNs)) / 1e6;
  }
  return ms;
}

/** Node raises its own limit to the hard one when it starts, as Go does. */
const descriptorLimit = (): number =>
  Number(/^Max open files\s+\d+\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? 0);

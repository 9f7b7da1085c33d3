import { median } from '../measure.ts';
import type { LineEvent, LineProcess } from './line-process.ts';
import {
  type BenchServer,
  type Contestant,
  type PeerPrograms,
  type Protocol,
  startClient,
  startServer,
} from './peers.ts';
import { figuresAtRest, figuresOf } from './process-figures.ts';
import { benchChange } from './resources.ts';

/** What is to be served to how many. */
export type Case = { readonly clusters: number; readonly streams: number; readonly protocol: Protocol };

/** One server in one case, once. */
export type RunFigures = {
  /** From the first connection to the moment the last stream held everything. */
  readonly fullMs: number;
  /** Until it had taken all acknowledgements. */
  readonly fullCpuSeconds: number;
  /** With everything served to all, and as it was with no stream. */
  readonly residentMebibytes: number;
  readonly idleMebibytes: number;
  /** What came to all streams together, without the frames of the transport. */
  readonly fullBytes: number;
  /** Of one endpoint: from the moment the server is told to the moment the last stream has it; median of the changes of the run. */
  readonly changeMs: number;
  /** For one change; mean of the changes of the run. */
  readonly changeCpuSeconds: number;
  readonly changeBytes: number;
  /** Of the client, for the first configuration. */
  readonly clientCpuSeconds: number;
};

const REST_WITHIN_MS = 10_000;
/** The kernel counts CPU in hundredths of a second: small changes are made many times. */
const CHANGES = { atLeast: 3, atMost: 20, forMs: 3_000 };

/** Starts a server and a client, measures, and ends both. Rejects when a stream breaks or what came is not what is served. */
export async function oneRun(
  programs: PeerPrograms,
  whose: Contestant,
  wanted: Case,
  resourcesFile: string,
  { warm = 0, profileFile }: { readonly warm?: number; readonly profileFile?: string | undefined } = {},
): Promise<RunFigures> {
  const server = await startServer(programs, whose, resourcesFile, profileFile);
  await using _server = server.process;
  if (warm > 0) {
    await using earlier = await startClient(programs, server.port, wanted.protocol, resourcesFile);
    earlier.tell({ do: 'connect', streams: warm });
    await earlier.next('full');
  }
  await using client = await startClient(programs, server.port, wanted.protocol, resourcesFile);
  const { pid } = server.process;
  const idle = await figuresAtRest(pid, REST_WITHIN_MS);
  const clientBefore = figuresOf(client.pid);
  client.tell({ do: 'connect', streams: wanted.streams });
  const full = await client.next('full');
  const served = await figuresAtRest(pid, REST_WITHIN_MS);
  const clientAfter = figuresOf(client.pid);
  const changes = await changeSome(server, client, wanted);
  client.tell({ do: 'verify' });
  const { problem } = await client.next('verified');
  if (problem !== '') throw new Error(`${whose} did not send what it serves: ${String(problem)}`);
  // Before its streams go: a profile is of serving them.
  if (profileFile !== undefined) await server.process[Symbol.asyncDispose]();
  return {
    fullMs: (Number(full.lastAtNs) - Number(full.startedAtNs)) / 1e6,
    fullCpuSeconds: served.cpuSeconds - idle.cpuSeconds,
    residentMebibytes: served.residentMebibytes,
    idleMebibytes: idle.residentMebibytes,
    fullBytes: Number(full.bytes),
    clientCpuSeconds: clientAfter.cpuSeconds - clientBefore.cpuSeconds,
    ...changes,
  };
}

async function changeSome(
  server: BenchServer,
  client: LineProcess,
  { clusters }: Case,
): Promise<Pick<RunFigures, 'changeMs' | 'changeCpuSeconds' | 'changeBytes'>> {
  const { pid } = server.process;
  const before = figuresOf(pid);
  const beganAt = performance.now();
  const times: number[] = [];
  let last: LineEvent | undefined;
  let after = before;
  while (
    times.length < CHANGES.atLeast ||
    (times.length < CHANGES.atMost && performance.now() - beganAt < CHANGES.forMs)
  ) {
    const { ms, event } = await changeOne(server, client, times.length, clusters);
    times.push(ms);
    last = event;
    after = await figuresAtRest(pid, REST_WITHIN_MS);
  }
  const changeCpuSeconds = (after.cpuSeconds - before.cpuSeconds) / times.length;
  return { changeMs: median(times), changeCpuSeconds, changeBytes: Number(last?.bytes) };
}

/** Has the server change one endpoint; resolves when the last stream has it. */
export async function changeOne(
  server: BenchServer,
  client: LineProcess,
  number: number,
  clusters: number,
): Promise<{ readonly ms: number; readonly event: LineEvent }> {
  const { resource, marker } = benchChange(number, clusters);
  client.tell({ do: 'expect', resource, marker });
  await client.next('expecting');
  server.process.tell(resource);
  const { startedAtNs } = await server.process.next('changing');
  const event = await client.next('changed');
  return { ms: (Number(event.lastAtNs) - Number(startedAtNs)) / 1e6, event };
}

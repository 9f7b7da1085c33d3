import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { ClusterDiscovery, Locality } from '../../render/discovery/cluster-discovery.ts';
import type { JsonObject } from '../../render/json.ts';
import { problemOf } from './ask-on.ts';
import type { LastKnown, Remembered } from './combine/discovery-state.ts';
import { type DiscoveredHost, HOST_HEALTH, MAX_WEIGHT } from './discovered-host.ts';
import { KeptFile } from './kept-file.ts';
import { questionKey } from './question-key.ts';

/**
 * What sources gave last, kept over restarts: a control plane that starts while a Consul is down serves on what it knew, and one that starts
 * while a Consul has lost everything does not believe that.
 */
export type DiscoveryMemory = AsyncDisposable & {
  /** For `discoverCluster`: one for each source of the cluster. Also for a cluster whose rule changes while this runs. */
  remembered(discovery: ClusterDiscovery): readonly (Remembered | undefined)[];
  /** For `onBelieved` of a cluster's `discoverCluster`. Written soon; what cannot be written is told by `onProblem`. */
  remember(discovery: ClusterDiscovery, believed: readonly (LastKnown | undefined)[]): void;
  /**
   * Forgets the questions that none of these clusters asks; or, where some clusters may be left out for a while only, keeps them as of now,
   * since nobody asks them meanwhile.
   */
  keepOnly(discoveries: readonly ClusterDiscovery[], isWhole: boolean): void;
};

export type DiscoveryMemoryOptions = {
  readonly path: string;
  readonly nowEpochMs: () => number;
  /** How often the file is marked as being of now; default 1 min. */
  readonly markEveryMs?: number;
  /** Once when it begins; `undefined`: all is well again. */
  readonly onProblem?: (problem: string | undefined) => void;
};

const FORMAT = 1;
/** Between two writes at least: the file has the answers of all clusters, and hosts change all the time in one of them or another. */
const LEAST_PAUSE_MS = 1_000;
const text = z.string();
const host = z.strictObject({
  address: z.union([z.ipv4(), z.ipv6()]),
  port: z.int().min(1).max(65_535),
  health: z.enum(HOST_HEALTH),
  weight: z.int().min(1).max(MAX_WEIGHT),
  locality: z.strictObject({ region: text, zone: text, subZone: text }).optional(),
  hostname: text.optional(),
  metadata: z.record(text, z.json()),
  priority: z.int().min(1).max(128).optional(),
});
const file = z.strictObject({
  format: z.literal(FORMAT),
  answers: z.record(text, z.strictObject({ sinceEpochMs: z.number(), hosts: z.array(host) })),
});

/** Resolves when what is there was read; never rejects: a file that cannot be read is told, and written anew. */
export async function openDiscoveryMemory(options: DiscoveryMemoryOptions): Promise<DiscoveryMemory> {
  const { path, nowEpochMs, markEveryMs = 60_000, onProblem } = options;
  const { answers: before, problem } = await load(path);
  if (problem !== undefined) onProblem?.(`${path}: ${problem}`);
  // What nobody has asked for yet is as old as it was; a source that answers is known to be so until the last moment.
  const answers = new Map<string, LastKnown>(
    [...before].map(([key, { hosts, sinceEpochMs }]) => [key, { hosts, failingSinceEpochMs: sinceEpochMs }]),
  );
  const remembered = ({ hosts, failingSinceEpochMs = nowEpochMs() }: LastKnown): Remembered => ({
    hosts,
    sinceEpochMs: failingSinceEpochMs,
  });
  // What did not change since the last time is not made into text again.
  const texts = new WeakMap<readonly DiscoveredHost[], string>();
  const textOf = (known: LastKnown): string => {
    const { hosts, sinceEpochMs } = remembered(known);
    const hostsText = texts.get(hosts) ?? JSON.stringify(hosts);
    texts.set(hosts, hostsText);
    return `{"sinceEpochMs":${sinceEpochMs},"hosts":${hostsText}}`;
  };
  const kept = new KeptFile(path, () => {
    const all = [...answers].sort(([a], [b]) => (a < b ? -1 : 1));
    const members = all.map(([key, known]) => `${JSON.stringify(key)}:${textOf(known)}`);
    return `{"format":${FORMAT},"answers":{${members.join(',')}}}\n`;
  });
  let failed = false;
  const save = async (): Promise<void> => {
    try {
      await kept.save();
      if (failed) onProblem?.(undefined);
      failed = false;
    } catch (error) {
      if (!failed) onProblem?.(`${path}: what sources gave cannot be kept: ${problemOf(error)}`);
      failed = true;
    }
  };
  let resting: NodeJS.Timeout | undefined;
  let isNew = false;
  const saveSoon = (): void => {
    isNew = true;
    if (resting) return;
    isNew = false;
    void save();
    resting = setTimeout(() => {
      resting = undefined;
      if (isNew) saveSoon();
    }, LEAST_PAUSE_MS).unref();
  };
  const timer = setInterval(() => void save(), markEveryMs).unref();
  return {
    remembered: ({ sources }) =>
      sources.map((source) => {
        const known = answers.get(questionKey(source));
        return known && remembered(known);
      }),
    remember({ sources }, believed) {
      sources.forEach((source, index) => {
        const key = questionKey(source);
        const known = believed[index];
        // Too old to be served is too old to be remembered.
        if (known) answers.set(key, known);
        else answers.delete(key);
      });
      saveSoon();
    },
    keepOnly(discoveries, isWhole) {
      const asked = new Set(discoveries.flatMap(({ sources }) => sources.map(questionKey)));
      for (const [key, { hosts, failingSinceEpochMs = nowEpochMs() }] of answers) {
        if (asked.has(key)) continue;
        if (isWhole) answers.delete(key);
        else answers.set(key, { hosts, failingSinceEpochMs });
      }
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      clearTimeout(resting);
      await save();
    },
  };
}

type LoadedMemory = {
  readonly answers: ReadonlyMap<string, Remembered>;
  readonly problem?: string;
};

async function load(path: string): Promise<LoadedMemory> {
  const nothing = { answers: new Map() };
  let written: string;
  try {
    written = await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as { readonly code?: unknown };
    return code === 'ENOENT' ? nothing : { ...nothing, problem: problemOf(error) };
  }
  try {
    const read = file.safeParse(JSON.parse(written));
    if (!read.success) return { ...nothing, problem: 'it is of another format' };
    const { answers } = read.data;
    const all = Object.entries(answers).map(
      ([key, { sinceEpochMs, hosts }]) => [key, { sinceEpochMs, hosts: hosts.map(hostOf) }] as const,
    );
    return { answers: new Map(all) };
  } catch {
    return { ...nothing, problem: 'it is no JSON' };
  }
}

/** Zod's optional members say `undefined` where the type says absent. */
function hostOf({ locality, hostname, metadata, priority, ...fields }: z.output<typeof host>): DiscoveredHost {
  return {
    ...fields,
    ...(locality ? { locality: locality satisfies Locality } : {}),
    ...(hostname === undefined ? {} : { hostname }),
    metadata: metadata as JsonObject,
    ...(priority === undefined ? {} : { priority }),
  };
}

import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { ClusterDiscovery, Locality } from '../../render/discovery/cluster-discovery.ts';
import type { JsonObject } from '../../render/json.ts';
import { problemOf } from './ask-on.ts';
import type { Remembered } from './combine/discovery-state.ts';
import { type DiscoveredHost, HOST_HEALTH, MAX_WEIGHT } from './discovered-host.ts';
import { KeptFile } from './kept-file.ts';
import { questionKey } from './question-key.ts';

/**
 * What sources gave last, kept over restarts: a control plane that starts while a Consul is down serves on what it knew, and one that starts
 * while a Consul has lost everything does not believe that.
 */
export type DiscoveryMemory = AsyncDisposable & {
  /** For `discoverCluster`: one for each source of the cluster. */
  remembered(discovery: ClusterDiscovery): readonly (Remembered | undefined)[];
  /** For `onBelieved` of a cluster's `discoverCluster`. Written at once; what cannot be written is told by `onProblem`. */
  remember(discovery: ClusterDiscovery, believed: readonly (readonly DiscoveredHost[] | undefined)[]): void;
  /** Forgets the questions that none of these clusters asks. */
  keepOnly(discoveries: readonly ClusterDiscovery[]): void;
};

export type DiscoveryMemoryOptions = {
  readonly path: string;
  readonly nowEpochMs: () => number;
  /** How often the file is marked as being of now; default 1 min. */
  readonly markEveryMs?: number;
  /** `undefined`: all is well again. */
  readonly onProblem?: (problem: string | undefined) => void;
};

const FORMAT = 1;
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
  aliveEpochMs: z.number(),
  answers: z.record(text, z.array(host)),
});

/** Resolves when what is there was read; never rejects: a file that cannot be read is told, and written anew. */
export async function openDiscoveryMemory(options: DiscoveryMemoryOptions): Promise<DiscoveryMemory> {
  const { path, nowEpochMs, markEveryMs = 60_000, onProblem } = options;
  const { answers: before, aliveEpochMs, problem } = await load(path);
  if (problem !== undefined) onProblem?.(`${path}: ${problem}`);
  const answers = new Map(before);
  const kept = new KeptFile(path, () => {
    const all = Object.fromEntries([...answers].sort(([a], [b]) => (a < b ? -1 : 1)));
    return `${JSON.stringify({ format: FORMAT, aliveEpochMs: nowEpochMs(), answers: all })}\n`;
  });
  let failed = false;
  const save = async (): Promise<void> => {
    try {
      await kept.save();
      if (failed) onProblem?.(undefined);
      failed = false;
    } catch (error) {
      failed = true;
      onProblem?.(`${path}: what sources gave cannot be kept: ${problemOf(error)}`);
    }
  };
  const timer = setInterval(() => void save(), markEveryMs).unref();
  return {
    remembered: ({ sources }) =>
      sources.map((source) => {
        const hosts = before.get(questionKey(source));
        return hosts && { hosts, sinceEpochMs: aliveEpochMs };
      }),
    remember({ sources }, believed) {
      let isNew = false;
      sources.forEach((source, index) => {
        const key = questionKey(source);
        const hosts = believed[index];
        if (answers.get(key) === hosts) return;
        isNew = true;
        // Too old to be served is too old to be remembered.
        if (hosts) answers.set(key, hosts);
        else answers.delete(key);
      });
      if (isNew) void save();
    },
    keepOnly(discoveries) {
      const asked = new Set(discoveries.flatMap(({ sources }) => sources.map(questionKey)));
      for (const key of answers.keys()) if (!asked.has(key)) answers.delete(key);
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await save();
    },
  };
}

type LoadedMemory = {
  readonly answers: ReadonlyMap<string, readonly DiscoveredHost[]>;
  readonly aliveEpochMs: number;
  readonly problem?: string;
};

async function load(path: string): Promise<LoadedMemory> {
  const nothing = { answers: new Map(), aliveEpochMs: 0 };
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
    const answers = Object.entries(read.data.answers).map(([key, hosts]) => [key, hosts.map(hostOf)] as const);
    return { answers: new Map(answers), aliveEpochMs: read.data.aliveEpochMs };
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

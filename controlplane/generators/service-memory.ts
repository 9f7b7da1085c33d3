import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { Generator, KnownService } from '../../render/generators/generator.ts';
import { problemOf } from '../discovery/ask-on.ts';
import { KeptFile } from '../discovery/kept-file.ts';

/** What the sources of generators gave last, kept over restarts: a control plane that starts while a Consul is down serves on what it knew. */
export type ServiceMemory = {
  remembered(generator: Generator): RememberedServices | undefined;
  /** Written at once; what cannot be written is told by `onProblem`. */
  remember(generator: Generator, known: LastServices | undefined): void;
  /** Forgets all others. */
  keepOnly(generators: readonly Generator[]): void;
};

export type LastServices = {
  /** Those that are served first, in the order in which they came: of two that want one name, the first has it. */
  readonly services: readonly KnownService[];
  /** How many those are; absent: all. */
  readonly served?: number | undefined;
  /** Since when it is not seen to be so any more; absent: it is. */
  readonly failingSinceEpochMs?: number;
};
/** What was known before a restart, and when it was last seen to be so. */
export type RememberedServices = Omit<LastServices, 'failingSinceEpochMs'> & { readonly sinceEpochMs: number };

const FORMAT = 1;
const file = z.strictObject({
  format: z.literal(FORMAT),
  generators: z.record(
    z.string(),
    z.strictObject({
      sinceEpochMs: z.number(),
      services: z.array(z.strictObject({ name: z.string(), tags: z.array(z.string()) })),
      served: z.int().min(0).optional(),
    }),
  ),
});

/** Of a generator with another source nothing is remembered. */
const keyOf = ({ name, source }: Generator): string => JSON.stringify([name, Object.entries(source).sort()]);

export type ServiceMemoryOptions = {
  readonly path: string;
  readonly nowEpochMs: () => number;
  /** How often the file is marked as being of now; default 1 min. */
  readonly markEveryMs?: number;
  readonly onProblem: (problem: string) => void;
};

/** Resolves when what is there was read; never rejects: a file that cannot be read is told, and written anew. */
export async function openServiceMemory(options: ServiceMemoryOptions): Promise<ServiceMemory & AsyncDisposable> {
  const { path, nowEpochMs, markEveryMs = 60_000, onProblem } = options;
  const known = new Map<string, LastServices>(
    (await load(path, onProblem)).map(([key, { services, served, sinceEpochMs }]) => [
      key,
      { services, served, failingSinceEpochMs: sinceEpochMs },
    ]),
  );
  const remembered = ({ services, served, failingSinceEpochMs = nowEpochMs() }: LastServices): RememberedServices => ({
    services,
    served,
    sinceEpochMs: failingSinceEpochMs,
  });
  const kept = new KeptFile(path, () => {
    const all = [...known].map(([key, last]) => [key, remembered(last)] as const);
    return `${JSON.stringify({ format: FORMAT, generators: Object.fromEntries(all) })}\n`;
  });
  const save = (): Promise<void> => kept.save().catch((error: unknown) => onProblem(`${path}: ${problemOf(error)}`));
  const timer = setInterval(() => void (known.size > 0 && save()), markEveryMs).unref();
  return {
    remembered(generator) {
      const last = known.get(keyOf(generator));
      return last && remembered(last);
    },
    remember(generator, last) {
      const key = keyOf(generator);
      if (JSON.stringify(last) === JSON.stringify(known.get(key))) return;
      if (last) known.set(key, last);
      else known.delete(key);
      void save();
    },
    keepOnly(generators) {
      const wanted = new Set(generators.map(keyOf));
      for (const key of known.keys()) if (!wanted.has(key)) known.delete(key);
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      if (known.size > 0) await save();
    },
  };
}

async function load(path: string, onProblem: (problem: string) => void): Promise<[string, RememberedServices][]> {
  try {
    const read = file.safeParse(JSON.parse(await readFile(path, 'utf8')));
    if (read.success) return Object.entries(read.data.generators);
    onProblem(`${path}: it is of another format`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') onProblem(`${path}: ${problemOf(error)}`);
  }
  return [];
}

import { readFile, writeFile } from 'node:fs/promises';
import { Session } from 'node:inspector/promises';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The parts of Chrome's `.cpuprofile` that a summary needs. */
export type CpuProfile = {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  /** Which node ran at each sample, and the microseconds from the sample before. */
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
};

/** Profiles this process from now on. The function that comes back ends that and writes the profile, which Chrome's tools read too. */
export async function startCpuProfile(): Promise<(file: string) => Promise<void>> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.start');
  return async (file) => {
    const { profile } = await session.post('Profiler.stop');
    await writeFile(file, JSON.stringify(profile));
    session.disconnect();
  };
}

export const readCpuProfile = async (file: string): Promise<CpuProfile> =>
  JSON.parse(await readFile(file, 'utf8')) as CpuProfile;

export type SelfTime = { readonly where: string; readonly ms: number; readonly share: number };

/** The functions in which most time was spent, without those they called. Neither the time in which nothing ran is counted nor the profiler's own. */
export function topSelfTimes({ nodes, samples, timeDeltas }: CpuProfile, count: number): SelfTime[] {
  const places = new Map(nodes.map(({ id, callFrame }) => [id, placeOf(callFrame)]));
  const times = new Map<string, number>();
  samples.forEach((node, index) => {
    const where = places.get(node) ?? '(unknown)';
    if (where !== '(idle)' && !where.includes(' node:inspector'))
      times.set(where, (times.get(where) ?? 0) + (timeDeltas[index] ?? 0) / 1_000);
  });
  const total = [...times.values()].reduce((sum, ms) => sum + ms, 0);
  return [...times]
    .map(([where, ms]) => ({ where, ms, share: ms / total }))
    .toSorted((a, b) => b.ms - a.ms)
    .slice(0, count);
}

function placeOf({ functionName, url, lineNumber }: CpuProfile['nodes'][number]['callFrame']): string {
  const name = functionName === '' ? '(anonymous)' : functionName;
  if (url === '') return name;
  const file = url.startsWith('file:') ? relative(process.cwd(), fileURLToPath(url)) : url;
  return `${name} ${file.replace(/^.*node_modules\//, '')}:${lineNumber + 1}`;
}

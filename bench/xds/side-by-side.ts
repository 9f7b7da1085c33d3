import { join } from 'node:path';
import { readCpuProfile, topSelfTimes } from './cpu-profile.ts';
import { type Case, oneRun, type RunFigures } from './one-run.ts';
import type { XdsOptions } from './options.ts';
import { CONTESTANTS, type Contestant, type PeerPrograms } from './peers.ts';
import type { Print } from './print.ts';
import { medianOf, type Row } from './ratios.ts';
import { figuresTable, summaryOf, targetsTable } from './tables.ts';

/**
 * All servers in all cases, one after the other, and so in each round; prints medians and their ratios. Resolves with whether every
 * server got through every case.
 */
export async function sideBySide(
  programs: PeerPrograms,
  options: XdsOptions,
  resourcesFile: (clusters: number) => Promise<string>,
  print: Print,
): Promise<boolean> {
  const { clusters = [100, 1_000], streams = [100, 1_000], protocols, rounds } = options;
  const servers = CONTESTANTS.filter((whose) => options.contestants.includes(whose));
  const cases: Case[] = clusters.flatMap((count) =>
    streams.flatMap((open) => protocols.map((protocol) => ({ clusters: count, streams: open, protocol }))),
  );
  const runs = new Map<Case, Map<Contestant, RunFigures[]>>(cases.map((one) => [one, new Map()]));
  const gaveUp = new Map<Case, Set<Contestant>>(cases.map((one) => [one, new Set()]));
  for (let round = 0; round < rounds; round += 1) {
    for (const [one, byServer] of runs) {
      const file = await resourcesFile(one.clusters);
      // Each round begins with another server, so that none always runs after the same one.
      for (const whose of servers.map((_, index) => servers[(index + round) % servers.length] as Contestant)) {
        if (gaveUp.get(one)?.has(whose)) continue;
        try {
          const profile = profileOf(options, one, whose, round);
          const figures = await oneRun(programs, whose, one, file, { warm: options.warm, profileFile: profile });
          byServer.set(whose, [...(byServer.get(whose) ?? []), figures]);
          console.error(`round ${round + 1}: ${lineOf(one, whose, figures)}`);
          if (profile !== undefined) await sayProfile(profile);
        } catch (fault) {
          // Half a row would look like a whole one.
          gaveUp.get(one)?.add(whose);
          byServer.delete(whose);
          console.error(`round ${round + 1}: ${nameOf(one, whose)} did not get through: ${wordsOf(fault)}`);
        }
      }
    }
  }
  const rows: Row[] = cases.map((one) => ({
    case: one,
    figures: new Map(
      [...(runs.get(one) ?? [])].flatMap(([whose, all]) => {
        const figures = medianOf(all);
        return figures ? [[whose, figures] as const] : [];
      }),
    ),
  }));
  const state = options.warm === 0 ? 'just started' : `having served ${options.warm} streams before`;
  print(
    `\nMedians of ${rounds} rounds, each server ${state}; each cell: ${CONTESTANTS.join(' / ')}.\n\n${figuresTable(rows)}`,
  );
  print(`\n${targetsTable(rows)}\n\n${summaryOf(rows)}`);
  return [...gaveUp.values()].every((servers) => servers.size === 0);
}

const TOP = 25;

const profileOf = (
  { profileDir }: XdsOptions,
  { clusters, streams, protocol }: Case,
  whose: Contestant,
  round: number,
): string | undefined =>
  profileDir === undefined || whose !== 'meshgate'
    ? undefined
    : join(profileDir, `${clusters}-clusters-${streams}-streams-${protocol}-${round + 1}.cpuprofile`);

async function sayProfile(file: string): Promise<void> {
  console.error(`\n${file}: where the server computed, from its start to the end of the last change\n`);
  for (const { where, ms, share } of topSelfTimes(await readCpuProfile(file), TOP))
    console.error(`  ${(100 * share).toFixed(1).padStart(5)} %  ${ms.toFixed(0).padStart(6)} ms  ${where}`);
}

const nameOf = ({ clusters, streams, protocol }: Case, whose: Contestant): string =>
  `${clusters} clusters, ${streams} streams, ${protocol}, ${whose}`;

const lineOf = (one: Case, whose: Contestant, figures: RunFigures): string =>
  `${nameOf(one, whose)}: first config ${figures.fullMs.toFixed(0)} ms, ${figures.fullCpuSeconds.toFixed(2)} CPU s (client ${figures.clientCpuSeconds.toFixed(2)}), ${figures.residentMebibytes.toFixed(0)} MiB; change ${figures.changeMs.toFixed(1)} ms, ${(figures.changeCpuSeconds * 1_000).toFixed(1)} CPU ms`;

const wordsOf = (fault: unknown): string => (fault instanceof Error ? fault.message : String(fault));

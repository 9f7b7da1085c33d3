import { parseArgs } from 'node:util';
import { CONTESTANTS, type Contestant, PROTOCOLS, type Protocol } from './peers.ts';

export const PARTS = ['table', 'storm', 'hold'] as const;
export type Part = (typeof PARTS)[number];

export type XdsOptions = {
  readonly parts: readonly Part[];
  /** Undefined: as each part has them by default. */
  readonly clusters: readonly number[] | undefined;
  readonly streams: readonly number[] | undefined;
  readonly protocols: readonly Protocol[];
  readonly contestants: readonly Contestant[];
  readonly rounds: number;
  /** How many streams each server served before it is measured; 0: it has just been started. */
  readonly warm: number;
  /** Where Meshgate's servers leave CPU profiles; a profiled server is slower. */
  readonly profileDir: string | undefined;
  /** Puts what each part found into `docs/performance.md`, in the place of what it found last. */
  readonly record: boolean;
};

/**
 * `[table|storm|hold]… --clusters 100,1000 --streams 100,1000 --protocols sotw,delta --servers snapshot,linear,ceiling,meshgate
 * --rounds 3 --warm 0 --profile DIR --record`. Without them all parts run, with their own sizes, both protocols, all servers, three rounds, no
 * profile and no record. Throws on anything else, with what is allowed.
 */
export function parseXdsOptions(args: readonly string[]): XdsOptions {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      clusters: { type: 'string' },
      streams: { type: 'string' },
      protocols: { type: 'string', default: PROTOCOLS.join(',') },
      servers: { type: 'string', default: CONTESTANTS.join(',') },
      rounds: { type: 'string', default: '3' },
      warm: { type: 'string', default: '0' },
      profile: { type: 'string' },
      record: { type: 'boolean', default: false },
    },
  });
  return {
    parts: positionals.length === 0 ? PARTS : positionals.map((part) => oneOf('part', PARTS, part)),
    clusters: values.clusters?.split(',').map((text) => whole('--clusters', text)),
    streams: values.streams?.split(',').map((text) => whole('--streams', text)),
    protocols: values.protocols.split(',').map((text) => oneOf('--protocols', PROTOCOLS, text)),
    contestants: values.servers.split(',').map((text) => oneOf('--servers', CONTESTANTS, text)),
    rounds: whole('--rounds', values.rounds),
    warm: whole('--warm', values.warm, 0),
    profileDir: values.profile,
    record: values.record,
  };
}

function oneOf<T extends string>(what: string, allowed: readonly T[], text: string): T {
  const found = allowed.find((one) => one === text);
  if (found === undefined) throw new Error(`${what}: "${text}" is none of ${allowed.join(', ')}`);
  return found;
}

const MOST = 20_000;

function whole(what: string, text: string, least = 1): number {
  const number = text === '' ? Number.NaN : Number(text);
  if (!Number.isInteger(number) || number < least || number > MOST)
    throw new Error(`${what}: "${text}" is no whole number from ${least} to ${MOST}`);
  return number;
}

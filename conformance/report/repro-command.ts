/** What a repeat is narrowed to. Options that are absent are left out of the command. */
export type ReproScope = {
  readonly stage?: string | readonly string[];
  readonly envoy?: string;
  readonly check?: string;
  readonly config?: string;
  readonly live?: string;
  readonly launcher?: string;
};

const PLAIN = /^[A-Za-z0-9_./:@%+=,-]+$/;

/** Quotes for a POSIX shell, and only where it must. */
export const shellWord = (word: string): string => (PLAIN.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);

/** The one command that repeats just this: `./mesh verify --stage canary --envoy 1.38.3 --check 'catalog answers'`. */
export function reproCommand(scope: ReproScope, command: 'verify' | 'validate' = 'verify'): string {
  const { config, stage, envoy, check, live, launcher } = scope;
  const options = Object.entries({ config, stage, envoy, live, launcher, check }).flatMap(([name, value]) =>
    value === undefined ? [] : [value].flat().map((word) => `--${name} ${shellWord(word)}`),
  );
  return ['./mesh', command, ...options].join(' ');
}

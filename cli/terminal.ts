/** A stream that people or programs read; a TTY has a width. */
export type Output = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };

/** What the `mesh` command gets from the process that runs it. */
export type Terminal = {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly onSignal: (signal: 'SIGINT' | 'SIGTERM', listener: () => void) => void;
  /** Ends the process at once. */
  readonly exit: (exitCode: number) => void;
};

/** Colours where a person looks, unless `NO_COLOR` is set to anything (no-color.org). */
export const wantsColour = ({ env }: Terminal, stream: Output): boolean =>
  stream.isTTY === true && (env.NO_COLOR ?? '') === '' && env.TERM !== 'dumb';

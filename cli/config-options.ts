import type { Command } from 'commander';

/** Options that mean the same for every command that looks at a mesh config. */
export type ConfigOptions = {
  readonly config?: string;
  readonly stage?: readonly string[];
  readonly envoy?: readonly string[];
  readonly live?: string;
  readonly json?: boolean;
};

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

export const withConfigOption = (command: Command): Command =>
  command.option('--config <dir>', 'the mesh config (default: config/ here, else the sample)');

/** `--config`, `--stage`, `--envoy`, `--live` and `--json`. */
export const withMatrixOptions = (command: Command): Command =>
  withConfigOption(command)
    .option('--stage <name>', 'only this stage; repeat for several', collect)
    .option(
      '--envoy <version>',
      'only this Envoy version, even one that mesh.yaml does not name; repeat for several',
      collect,
    )
    .option('--live <dir|rev>', 'what is live now: another mesh config directory, or a git revision of this one')
    .option('--json', 'machine-readable output on stdout, and nothing else there');

import { Option } from 'commander';
import type { RegisterOptions } from '../actions/register.ts';
import type { AddCommand } from '../command-context.ts';

const more = (value: string, before: readonly string[]): string[] => [...before, value];

/** `mesh register`: what a sidecar runs beside its app, so that the mesh finds it. */
export const registerCommand: AddCommand = (program, context, done) => {
  program
    .command('register')
    .description('keeps an app registered as a host of a service, with the health that it has, until it is stopped')
    .requiredOption('--service <name>', 'the service that it is a host of')
    .requiredOption('--address <ip:port>', 'where its requests come in')
    .addOption(
      new Option('--registry <url>', "a control plane's registration API; once for each of the stage")
        .argParser(more)
        .default([], 'http://127.0.0.1:18002'),
    )
    .option('--token-file <path>', 'a file with the token of the registries (default: MESHGATE_REGISTRY_TOKEN)')
    .option('--check <url>', 'asked whether the app is healthy: http://HOST:PORT/PATH, or tcp://HOST:PORT')
    .option('--check-every <duration>', 'how often', '2s')
    .option('--ttl <duration>', 'how long it stays registered if nothing more is heard of it', '30s')
    .option('--weight <number>', 'its share of requests beside other hosts', '1')
    .addOption(
      new Option('--tag <tag>', 'a tag, for sources that ask for one; may be given again')
        .argParser(more)
        .default([], 'none'),
    )
    .addOption(
      new Option('--meta <key=value>', 'metadata, for subsets; may be given again').argParser(more).default([], 'none'),
    )
    .option('--hostname <name>', 'its name, for people')
    .option('--region <name>', 'where it is')
    .option('--zone <name>', 'where it is')
    .option('--sub-zone <name>', 'where it is')
    .action(async (options: RegisterOptions) => {
      const { register } = await import('../actions/register.ts');
      done(await register(options, context));
    });
};

import type { AddCommand } from '../command-context.ts';

export type RegisterOptions = {
  readonly service: string;
  readonly address: string;
  readonly registry: readonly string[];
  readonly tokenFile?: string;
  readonly check?: string;
  readonly checkEvery: string;
  readonly ttl: string;
  readonly weight: string;
  readonly tag: readonly string[];
  readonly meta: readonly string[];
  readonly hostname?: string;
  readonly region?: string;
  readonly zone?: string;
  readonly subZone?: string;
};

const more = (value: string, before: readonly string[]): string[] => [...before, value];

/** `mesh register`: what a sidecar runs beside its app, so that the mesh finds it. */
export const registerCommand: AddCommand = (program, context, done) => {
  program
    .command('register')
    .description('keeps an app registered as a host of a service, with the health that it has, until it is stopped')
    .requiredOption('--service <name>', 'the service that it is a host of')
    .requiredOption('--address <ip:port>', 'where its requests come in')
    .option('--registry <url>', "a control plane's registration API; once for each of the stage", more, [])
    .option('--token-file <path>', 'a file with the token of the registries (default: MESHGATE_REGISTRY_TOKEN)')
    .option('--check <url>', 'asked whether the app is healthy: http://HOST:PORT/PATH, or tcp://HOST:PORT')
    .option('--check-every <duration>', 'how often', '2s')
    .option('--ttl <duration>', 'how long it stays registered if nothing more is heard of it', '30s')
    .option('--weight <number>', 'its share of requests beside other hosts', '1')
    .option('--tag <tag>', 'a tag, for sources that ask for one; may be given again', more, [])
    .option('--meta <key=value>', 'metadata, for subsets; may be given again', more, [])
    .option('--hostname <name>', 'its name, for people')
    .option('--region <name>', 'where it is')
    .option('--zone <name>', 'where it is')
    .option('--sub-zone <name>', 'where it is')
    .action(async (options: RegisterOptions) => {
      const { register } = await import('../actions/register.ts');
      done(await register(options, context));
    });
};

import type { BootstrapOptions } from '../actions/bootstrap.ts';
import type { AddCommand } from '../command-context.ts';
import { withConfigOption } from '../config-options.ts';

/** `mesh bootstrap`: what an Envoy of a stage is started with. */
export const bootstrapCommand: AddCommand = (program, context, done) => {
  withConfigOption(program.command('bootstrap'))
    .description('prints the bootstrap of an Envoy of a stage: ADS, metrics and what bootstrap.yaml has')
    .requiredOption('--stage <name>', 'the stage that it is of')
    .requiredOption('--service <name>', 'the service that it stands beside')
    .option('--node-id <id>', 'its node id, one for each Envoy (default: the service and the name of this machine)')
    .option('--control-plane <host:port>', 'where `mesh serve` listens', '127.0.0.1:18000')
    .option('--access-logs <host:port>', 'who takes gRPC access logs to the cluster meshgate_access_logs')
    .option('--statsd <ip:port>', 'who takes metrics by DogStatsD over UDP, tagged with what this Envoy is')
    .option('--admin-port <port>', "the port of Envoy's own admin, on loopback; 0 takes any free one", '9901')
    .option('--delta', 'incremental xDS')
    .option('--tls-ca <file>', 'encrypts what goes to the control plane, whose certificate this authority signed')
    .option('--tls-name <name>', 'the name in that certificate (default: the host of --control-plane)')
    .option('--tls-cert <file>', 'the certificate of this Envoy, where the control plane asks for one')
    .option('--tls-key <file>', 'its key')
    .option('--region <name>', 'where it is')
    .option('--zone <name>', 'where it is')
    .option('--sub-zone <name>', 'where it is')
    .option('--format <format>', 'yaml or json', 'yaml')
    .option('--json', 'the same as --format json')
    .action(async (options: BootstrapOptions) => {
      const { bootstrap } = await import('../actions/bootstrap.ts');
      done(await bootstrap(options, context));
    });
};

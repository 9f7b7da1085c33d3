import { Option } from 'commander';
import type { ServeOptions } from '../actions/serve.ts';
import type { AddCommand } from '../command-context.ts';
import { withConfigOption } from '../config-options.ts';

/** `mesh serve`: the control plane of one stage, on what the stage's target holds. */
export const serveCommand: AddCommand = (program, context, done) => {
  withConfigOption(program.command('serve'))
    .description("runs a stage's control plane on what the stage's target holds, until it is stopped")
    .requiredOption('--stage <name>', 'the stage to serve')
    .option('--listen <host:port>', 'where Envoys connect: xDS, metrics and access logs', '127.0.0.1:18000')
    .option(
      '--admin <host:port>',
      'where the admin API listens (beyond loopback with MESHGATE_ADMIN_TOKEN), or `off` (default: 127.0.0.1:18003, or any free port)',
    )
    .option(
      '--csds <host:port>',
      'answers tools that ask for the status of Envoys by CSDS there, by the rules of --admin (default: nowhere)',
    )
    .option('--data <dir>', 'where Meshgate keeps what is its own (default: MESHGATE_DATA_DIR, else .meshgate here)')
    .option('--hosts <dir>', 'the folder of host files (default: hosts in the data directory)')
    .option(
      '--registry <host:port>',
      'takes registrations of hosts there (beyond loopback with MESHGATE_REGISTRY_TOKEN)',
    )
    .addOption(
      new Option('--dns <servers...>', 'name servers for sources of kind dns').default([], 'those of the machine'),
    )
    .option('--probe-hosts', 'asks hosts for their health itself, as health checks over plain HTTP and TCP do')
    .option(
      '--share-ramps',
      'keeps the ramps of hosts in the database, with the other control planes of the stage that do (default: in the data directory)',
    )
    .option('--tls-cert <file>', 'encrypts what Envoys connect to: its certificate, PEM; read again when it is renewed')
    .option('--tls-key <file>', 'its key')
    .option('--tls-client-ca <file>', 'lets in only Envoys whose certificate this authority signed, as what it says')
    .option('--max-connection-age <seconds>', 'asks connections of this age to make way for new ones (default: never)')
    .option(
      '--drain-time <seconds>',
      'how long its Envoys let listeners that were replaced finish (their --drain-time-s): clusters that such a listener may name stay so long (default: 600, as theirs)',
    )
    .option('--access-log <file>', "appends the fleet's access logs to this file as JSON lines; `-`: standard output")
    .option('--access-log-otlp <url>', 'sends them to an OpenTelemetry collector, by OTLP over HTTP')
    .option(
      '--log-format <format>',
      'what it says on stderr: `text`, or `json` (fields as in OpenTelemetry logs)',
      'text',
    )
    .action(async (options: ServeOptions) => {
      const { serve } = await import('../actions/serve.ts');
      done(await serve(options, context));
    });
};

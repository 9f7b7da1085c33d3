import type { AddCommand } from '../command-context.ts';
import { addFleetDrain } from './fleet-drain.ts';
import { addFleetHosts } from './fleet-hosts.ts';

export type FleetOptions = { readonly admin: string; readonly by?: string; readonly json?: boolean };

/** `mesh fleet ramp`: the ramps of a control plane, and an operator's orders to them. */
export const fleetCommand: AddCommand = (program, context, done) => {
  const fleet = program
    .command('fleet')
    .description(
      'the fleet of a control plane: its Envoys, where hosts come from and how they enter, generated services, traffic',
    );
  fleet
    .command('ramp')
    .description('shows how far the hosts of each cluster are on their way in; holds, releases or hurries one')
    .argument('[words...]', '[CLUSTER], or hold CLUSTER, release CLUSTER, hurry CLUSTER')
    .option('--admin <host:port>', 'the admin API of the control plane', '127.0.0.1:18003')
    .option('--by <who>', 'who orders it, for the log (default: who is logged in)')
    .option('--json', 'machine-readable output on stdout, and nothing else there')
    .addHelpText('after', '\nFor example: mesh fleet ramp hold payments')
    .action(async (words: readonly string[], options: FleetOptions) => {
      const { fleetRamp } = await import('../actions/fleet.ts');
      done(await fleetRamp(words, options, context));
    });
  addFleetHosts(fleet, context, done);
  addFleetDrain(fleet, context, done);
  fleet
    .command('nodes')
    .description('shows the Envoys of a control plane: version, state, and what they refused')
    .option('--admin <host:port>', 'the admin API of the control plane', '127.0.0.1:18003')
    .option('--json', 'machine-readable output on stdout, and nothing else there')
    .action(async (options: FleetOptions) => {
      const { fleetNodes } = await import('../actions/fleet.ts');
      done(await fleetNodes(options, context));
    });
  fleet
    .command('generators')
    .description('shows the services that generators found, what they have of each, and which were left out, and why')
    .option('--admin <host:port>', 'the admin API of the control plane', '127.0.0.1:18003')
    .option('--json', 'machine-readable output on stdout, and nothing else there')
    .action(async (options: FleetOptions) => {
      const { fleetGenerators } = await import('../actions/fleet-generators.ts');
      done(await fleetGenerators(options, context));
    });
  fleet
    .command('traffic')
    .description('shows who calls whom: rate, success and latency of the last minutes')
    .option('--admin <host:port>', 'the admin API of the control plane', '127.0.0.1:18003')
    .option('--json', 'machine-readable output on stdout, and nothing else there')
    .action(async (options: FleetOptions) => {
      const { fleetTraffic } = await import('../actions/fleet-traffic.ts');
      done(await fleetTraffic(options, context));
    });
  for (const command of fleet.commands)
    command.exitOverride().showHelpAfterError(`(see mesh fleet ${command.name()} --help)`);
};

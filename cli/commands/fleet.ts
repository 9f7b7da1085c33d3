import type { FleetDrainOptions } from '../actions/fleet-drain.ts';
import type { AddCommand } from '../command-context.ts';
import { type FleetOptions, withAdminOption } from '../fleet-options.ts';

const BY = ['--by <who>', 'who orders it, for the log (default: who is logged in)'] as const;
const JSON_ALONE = ['--json', 'machine-readable output on stdout, and nothing else there'] as const;

/** `mesh fleet`: what a control plane knows of its Envoys and their hosts, and an operator's orders to it. */
export const fleetCommand: AddCommand = (program, context, done) => {
  const fleet = program
    .command('fleet')
    .description(
      'the fleet of a control plane: its Envoys, where hosts come from and how they enter, generated services, traffic',
    );
  withAdminOption(fleet.command('ramp'))
    .description('shows how far the hosts of each cluster are on their way in; holds, releases or hurries one')
    .argument('[words...]', '[CLUSTER], or hold CLUSTER, release CLUSTER, hurry CLUSTER')
    .option(...BY)
    .option(...JSON_ALONE)
    .addHelpText('after', '\nFor example: mesh fleet ramp hold payments')
    .action(async (words: readonly string[], options: FleetOptions) => {
      const { fleetRamp } = await import('../actions/fleet-ramp.ts');
      done(await fleetRamp(words, options, context));
    });
  withAdminOption(fleet.command('hosts'))
    .description(
      'shows where the hosts of clusters with discovery come from, and sources that fail or are not believed',
    )
    .argument('[cluster]', 'of that cluster alone')
    .option(...JSON_ALONE)
    .action(async (cluster: string | undefined, options: FleetOptions) => {
      const { fleetHosts } = await import('../actions/fleet-hosts.ts');
      done(await fleetHosts(cluster, options, context));
    });
  const drain = fleet
    .command('drain')
    .option('--all', 'all of them; the control plane lets nobody in any more until it is started again')
    .option('--grace <duration>', 'how long they may take before their streams are ended', '30s');
  withAdminOption(drain)
    .description('asks an Envoy, or all of them, to go to another control plane of the stage')
    .argument('[node]', 'one Envoy, as mesh fleet nodes names it')
    .option(...BY)
    .option(...JSON_ALONE)
    .action(async (node: string | undefined, options: FleetDrainOptions) => {
      const { fleetDrain } = await import('../actions/fleet-drain.ts');
      done(await fleetDrain(node, options, context));
    });
  withAdminOption(fleet.command('nodes'))
    .description('shows the Envoys of a control plane: version, state, and what they refused')
    .option(...JSON_ALONE)
    .action(async (options: FleetOptions) => {
      const { fleetNodes } = await import('../actions/fleet-nodes.ts');
      done(await fleetNodes(options, context));
    });
  withAdminOption(fleet.command('generators'))
    .description('shows the services that generators found, what they have of each, and which were left out, and why')
    .option(...JSON_ALONE)
    .action(async (options: FleetOptions) => {
      const { fleetGenerators } = await import('../actions/fleet-generators.ts');
      done(await fleetGenerators(options, context));
    });
  withAdminOption(fleet.command('traffic'))
    .description('shows who calls whom: rate, success and latency of the last minutes')
    .option(...JSON_ALONE)
    .action(async (options: FleetOptions) => {
      const { fleetTraffic } = await import('../actions/fleet-traffic.ts');
      done(await fleetTraffic(options, context));
    });
  for (const command of fleet.commands)
    command.exitOverride().showHelpAfterError(`(see mesh fleet ${command.name()} --help)`);
};

import type { AddCommand } from '../command-context.ts';
import type { FleetOptions } from './fleet.ts';

export type FleetDrainOptions = FleetOptions & { readonly all?: boolean; readonly grace: string };

/** `mesh fleet drain`: Envoys go to another control plane. */
export const addFleetDrain: AddCommand = (fleet, context, done) => {
  fleet
    .command('drain')
    .description('asks an Envoy, or all of them, to go to another control plane of the stage')
    .argument('[node]', 'one Envoy, as mesh fleet nodes names it')
    .option('--all', 'all of them; the control plane lets nobody in any more until it is started again')
    .option('--grace <duration>', 'how long they may take before their streams are ended', '30s')
    .option('--admin <host:port>', 'the admin API of the control plane', '127.0.0.1:18003')
    .option('--by <who>', 'who orders it, for the log (default: who is logged in)')
    .option('--json', 'machine-readable output on stdout, and nothing else there')
    .action(async (node: string | undefined, options: FleetDrainOptions) => {
      const { fleetDrain } = await import('../actions/fleet-drain.ts');
      done(await fleetDrain(node, options, context));
    });
};

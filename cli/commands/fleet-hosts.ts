import type { AddCommand } from '../command-context.ts';
import type { FleetOptions } from './fleet.ts';

/** `mesh fleet hosts`: where the hosts of clusters with `discovery:` come from, and what of it people should look at. */
export const addFleetHosts: AddCommand = (fleet, context, done) => {
  fleet
    .command('hosts')
    .description(
      'shows where the hosts of clusters with discovery come from, and sources that fail or are not believed',
    )
    .argument('[cluster]', 'of that cluster alone')
    .option('--admin <host:port>', 'the admin API of the control plane', '127.0.0.1:18003')
    .option('--json', 'machine-readable output on stdout, and nothing else there')
    .action(async (cluster: string | undefined, options: FleetOptions) => {
      const { fleetHosts } = await import('../actions/fleet-hosts.ts');
      done(await fleetHosts(cluster, options, context));
    });
};

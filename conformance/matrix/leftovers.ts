import { execa } from 'execa';
import type { Started } from './worker-protocol.ts';

/** Ends what a dead worker left behind: process groups by SIGKILL, containers by `docker rm --force`. Never rejects. */
export async function endLeftovers(started: readonly Started[]): Promise<void> {
  await Promise.all(
    started.map(async ({ pid, containerId }) => {
      if (containerId !== undefined) {
        await execa('docker', ['rm', '--force', '--volumes', containerId], { reject: false, stdio: 'ignore' }).catch(
          () => {},
        );
      } else if (pid !== undefined) {
        try {
          process.kill(-pid, 'SIGKILL'); // each Envoy leads a group of its own
        } catch {
          // gone already
        }
      }
    }),
  );
}

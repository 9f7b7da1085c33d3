import { compare } from 'semver';
import type { EnvoyRelease } from '../../render/config/mesh-config.ts';
import type { Cell } from '../cell.ts';

/** The version that the cell's Envoy takes over from: the next older one of its stage; undefined for the oldest. */
export function predecessorOf({ stage, envoy }: Cell): EnvoyRelease | undefined {
  return [...stage.envoys]
    .filter(({ version }) => compare(version, envoy.version) < 0)
    .sort((a, b) => compare(b.version, a.version))[0];
}

import { coerce, satisfies } from 'semver';
import { type Cell, cellId } from '../cell.ts';
import type { Check } from './check.ts';

/** Why a check is not for this cell; undefined where it is. */
export function whyNotFor(check: Check, cell: Cell): string | undefined {
  if (check.kind === 'uncheckable' || check.kind === 'cluster-health' || check.kind === 'tcp') return undefined;
  if (check.stages && !check.stages.includes(cell.stage.name))
    return `only for ${check.stages.join(', ')}, not for ${cellId(cell)}`;
  // `1.36.2.post1` is a rebuilt 1.36.2.
  const version = coerce(cell.envoy.version);
  if (check.envoy !== undefined && (!version || !satisfies(version, check.envoy)))
    return `only for Envoy ${check.envoy}, not for ${cellId(cell)}`;
  return undefined;
}

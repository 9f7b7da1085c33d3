import { textAt } from '../../render/read-json.ts';
import type { Resource } from '../../render/resource.ts';
import { statName } from '../metrics/stat-name.ts';

/** What Envoys call a cluster in their statistics. */
export const statNameOf = ({ name, body }: Pick<Resource, 'name' | 'body'>): string =>
  statName(textAt(body, 'altStatName') || name);

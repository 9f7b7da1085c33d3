import { textAt } from '../../render/read-json.ts';
import type { Resource } from '../../render/resource.ts';

/** What Envoys call a cluster in their statistics. They take a colon out of it. */
export const statNameOf = ({ name, body }: Pick<Resource, 'name' | 'body'>): string =>
  (textAt(body, 'altStatName') || name).replaceAll(':', '_');

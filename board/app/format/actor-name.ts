import type { Actor } from '../../../pipeline/ids.ts';

/** Who did something, as the command line says it. */
export const actorWords = (actor: Actor): string =>
  actor.kind === 'person' ? actor.person : `meshgate (${actor.part})`;

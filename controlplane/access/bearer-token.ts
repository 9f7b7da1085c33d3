import { createHash, timingSafeEqual } from 'node:crypto';

/** A shorter one is refused where it is given: it could be guessed. */
export const MIN_TOKEN = 16;

/** Whether the header `authorization` bears `token`. By the hashes of both, so that how long it takes says nothing of either. */
export function bearsToken(token: string, authorization: string | undefined): boolean {
  const hashOf = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(hashOf(`Bearer ${token}`), hashOf(authorization ?? ''));
}

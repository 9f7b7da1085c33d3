import type { MapService } from '../../../api/types/mesh-map.ts';
import { percentWords, rateWords } from '../../format/numbers.ts';
import { isWorrying } from './map-part.ts';

export const NODE_HEIGHT = 36;
const LONGEST = 26;
const NARROWEST = 150;
/** Of letters as wide as those of the widest fonts that browsers show it in. */
const [NAME_LETTER, MORE_LETTER, PADDING] = [7.4, 5.8, 22];

/** The end of a long name tells more of it than its beginning. */
export const nodeName = (name: string): string => (name.length > LONGEST ? `…${name.slice(1 - LONGEST)}` : name);

/** `44/s, ⚠ 4.3 % fail, no config`. */
export function nodeWords({ kind, requestsPerSecond, failureShare }: MapService): string {
  const parts = [kind === 'caller' ? 'calls only' : rateWords(requestsPerSecond)];
  if (failureShare !== undefined && failureShare > 0)
    parts.push(`${isWorrying({ failureShare }) ? '⚠ ' : ''}${percentWords(failureShare)} fail`);
  if (kind === 'unknown') parts.push('no config');
  return parts.join(', ');
}

/** Wide enough for all that stands in it. */
export const nodeWidth = (service: MapService): number =>
  Math.ceil(
    Math.max(
      NARROWEST,
      PADDING + nodeName(service.name).length * NAME_LETTER,
      PADDING + nodeWords(service).length * MORE_LETTER,
    ),
  );

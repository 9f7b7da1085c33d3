import pixelmatch from 'pixelmatch';
import { PNG } from 'pngjs';

/** Of a pixel's colour, 0 to 1: what antialiasing of another version of a font does stays below it. */
const PIXEL_THRESHOLD = 0.2;

/** The share of pixels in which two pictures differ to the eye, 0 to 1; other measures are a whole difference. */
export function driftOf(before: Buffer, after: Buffer): number {
  const [one, two] = [PNG.sync.read(before), PNG.sync.read(after)];
  const { width, height } = one;
  if (two.width !== width || two.height !== height) return 1;
  return pixelmatch(one.data, two.data, undefined, width, height, { threshold: PIXEL_THRESHOLD }) / (width * height);
}

import { PNG } from 'pngjs';
import { expect, test } from 'vitest';
import { driftOf } from '../../tools/pictures/drift-of.ts';

const picture = (width: number, dark: number, level = 0): Buffer => {
  const png = new PNG({ width, height: 10 });
  for (let at = 0; at < width * 10; at++)
    png.data.set(at < dark ? [level, level, level, 255] : [255, 255, 255, 255], at * 4);
  return PNG.sync.write(png);
};

test('pictures drift by the share of pixels that differ to the eye; other measures are another picture', () => {
  expect(driftOf(picture(10, 50), picture(10, 50))).toBe(0);
  expect(driftOf(picture(10, 0), picture(10, 50))).toBeCloseTo(0.5, 1);
  expect(driftOf(picture(10, 0), picture(10, 100, 250))).toBe(0);
  expect(driftOf(picture(10, 0), picture(20, 0))).toBe(1);
});

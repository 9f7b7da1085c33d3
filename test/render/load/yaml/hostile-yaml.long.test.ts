import { describe, test } from 'vitest';
import { expectRefused, MORE_HOSTILE, SLOWEST_MS } from './hostile-texts.ts';

describe('another hostile file of 8 MiB is refused in a short time and bounded memory', () => {
  test.each(MORE_HOSTILE)('%s', (_, text, rule) => expectRefused(text(), rule), SLOWEST_MS);
});

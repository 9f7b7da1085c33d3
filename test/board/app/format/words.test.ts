import { describe, expect, test } from 'vitest';
import { latencyWords, percentWords, plural, rateWords, shortCount } from '../../../../board/app/format/numbers.ts';
import { agoWords, durationWords, spanWords, stampWords } from '../../../../board/app/format/times.ts';

describe('times', () => {
  test.each([
    [-5, '0 s'],
    [59_999, '59 s'],
    [60_000, '1 min'],
    [3_600_000, '1 h'],
    [12_060_000, '3 h 21 min'],
    [90_000_000, '1 d 1 h'],
  ])('%d ms is %s', (ms, words) => {
    expect(spanWords(ms)).toBe(words);
  });
  test('what has just been, what was and what will be', () => {
    expect(agoWords(1_000, 2_500)).toBe('just now');
    expect(agoWords(0, 240_000)).toBe('4 min ago');
    expect(agoWords(7_200_000, 0)).toBe('in 2 h');
  });
  test('how long something took', () => {
    expect([durationWords(840.4), durationWords(12_440), durationWords(90_000)]).toEqual(['840 ms', '12.4 s', '1 min']);
  });
  test('a stamp is the same for everybody', () => {
    expect(stampWords(Date.UTC(2026, 0, 2, 3, 4, 5))).toBe('2026-01-02 03:04:05 UTC');
  });
});

describe('numbers', () => {
  test.each([
    [0, '0\u00a0%'],
    [1, '100\u00a0%'],
    [0.5, '50.0\u00a0%'],
    [0.9999, '99.990\u00a0%'],
    [0.9999999, '>\u00a099.999\u00a0%'],
    [0.0000001, '<\u00a00.001\u00a0%'],
    [0.0417, '4.2\u00a0%'],
  ])('a share of %d is %s: nearly all never reads as all', (share, words) => {
    expect(percentWords(share)).toBe(words);
  });
  test('latencies, rates, counts', () => {
    expect([latencyWords(0.84), latencyWords(12.4), latencyWords(1_440), latencyWords(Infinity)]).toEqual([
      ...['0.8\u00a0ms', '12\u00a0ms', '1.4\u00a0s', 'over 30\u00a0s'],
    ]);
    expect([rateWords(0), rateWords(0.42), rateWords(120.6)]).toEqual(['0/s', '0.4/s', '121/s']);
    expect([shortCount(9_999), shortCount(12_345)]).toEqual(['9,999', '12.3k']);
    expect([plural(1, 'host'), plural(1_200, 'host')]).toEqual(['1 host', '1,200 hosts']);
  });
});

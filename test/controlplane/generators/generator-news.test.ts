import { expect, test } from 'vitest';
import type { Generated, LeftOutService } from '../../../controlplane/generators/generate.ts';
import { generatorNews } from '../../../controlplane/generators/generator-news.ts';
import type { Finding } from '../../../render/finding.ts';

const finding = (rule: string, saw: string): Finding => ({
  rule,
  severity: rule === 'generator-full' ? 'warning' : 'error',
  at: { file: 'generators/apps.yaml', line: 1, column: 1 },
  saw,
  want: 'another',
});
const leftOut = (service: string, rule: string, saw: string): LeftOutService => ({
  generator: 'apps',
  service,
  findings: [finding(rule, saw)],
});
const generated = (served: readonly string[], out: readonly LeftOutService[] = []): Generated =>
  ({
    instances: served.map((service) => ({ generator: 'apps', service })),
    leftOut: out,
  }) as unknown as Generated;
const full = (count: number, ...names: readonly string[]) =>
  names.map((name) => leftOut(name, 'generator-full', `${count} services`));

test('services that come and go are said, and nothing that was said before', () => {
  expect(generatorNews(undefined, generated(['a', 'b']))).toEqual([
    'generator apps: service a is served',
    'generator apps: service b is served',
  ]);
  expect(generatorNews(generated(['a', 'b']), generated(['b']))).toEqual([
    'generator apps: service a is served no more',
  ]);
  expect(generatorNews(generated(['b']), generated(['b']))).toEqual([]);
});

test('a service that is left out is said with its reason, and again with another one', () => {
  const clash = leftOut('x', 'duplicate-domain', 'one.test');
  const other = leftOut('x', 'duplicate-domain', 'two.test');
  const line = (saw: string) => `generator apps: service "x" is left out: duplicate-domain: saw ${saw}; want another`;
  expect(generatorNews(generated([]), generated([], [clash]))).toEqual([line('one.test')]);
  expect(generatorNews(generated([], [clash]), generated([], [clash]))).toEqual([]);
  expect(generatorNews(generated([], [clash]), generated([], [other]))).toEqual([line('two.test')]);
});

test('how many services there are is news of none that a full generator has no room for', () => {
  const before = generated(['a'], full(3, 'b', 'c'));
  expect(generatorNews(before, generated(['a'], full(4, 'b', 'c', 'd')))).toEqual([
    'generator apps: service "d" is left out: generator-full: saw 4 services; want another',
  ]);
});

test('of a crowd the first ones are said, with how many more there are; names are cut', () => {
  const names = Array.from({ length: 500 }, (_, index) => `x${index}`.padEnd(1_000, 'y'));
  const lines = generatorNews(generated([]), generated([], full(500, ...names)));
  expect(lines).toHaveLength(21);
  expect(lines.at(-1)).toBe('generator apps: 480 more services are left out');
  expect(Math.max(...lines.map(({ length }) => length))).toBeLessThan(400);
});

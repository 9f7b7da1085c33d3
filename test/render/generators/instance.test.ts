import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { hasErrors } from '../../../render/finding.ts';
import type { Generator } from '../../../render/generators/generator.ts';
import { instanceOf } from '../../../render/generators/instance.ts';
import { meshOf } from './generator-mesh.ts';

let generator: Generator;
beforeAll(async () => {
  const [first] = (await meshOf()).snapshot?.generators ?? [];
  if (!first) throw new Error('no generator');
  generator = first;
});
const ruleOf = (name: string, ...tags: readonly string[]): string | undefined =>
  instanceOf(generator, { name, tags }, []).findings.find(({ severity }) => severity === 'error')?.rule;

test.each([
  '*',
  '*.test',
  'a b',
  'a/b',
  '',
  '.a',
  'a.',
  '-a',
  'a..b',
  'a'.repeat(64),
  'a\nb',
  '${values.domain}',
  '$${stage}',
  '%START_TIME%',
  '{a}',
  '../../etc/passwd',
  '__proto__',
  'a\u0000',
  'ａ',
  '\ud800',
])('a service called %j is no service', (name) => {
  expect(ruleOf(name)).toBe('generated-name');
});

test.each(['a', 'A1', 'shop.inventory.v1', 'a_b-c', 'a'.repeat(63), 'constructor', '0'])('%s is one', (name) => {
  expect(ruleOf(name)).toBeUndefined();
});

test('a tag is text: its value is put in as it is, and is never read as an expression', () => {
  const { resources, virtualHosts, findings } = instanceOf(
    generator,
    { name: 'a', tags: ['timeout=2s', 'timeout=1s', 'version=1 +x@y', 'unused=${with.name}%A%'] },
    [],
  );
  expect(findings).toEqual([]);
  expect(resources.map(({ name }) => name)).toEqual(['app-a']);
  expect(virtualHosts[0]?.body).toMatchObject({
    responseHeadersToAdd: [{ header: { key: 'x-version', value: '1 +x@y' } }],
    // Of two the first by order.
    routes: [{ route: { timeout: '1s' } }],
  });
  expect(ruleOf('a', 'version=${values.domain}')).toBe('generated-name');
  expect(ruleOf('a', 'version=%UPSTREAM_HOST%')).toBe('generated-name');
  expect(ruleOf('a', 'timeout=${with.name}')).toBe('generated-name');
  expect(ruleOf('a', 'timeout=soon')).toBe('parameter-kind');
});

test('whatever somebody registers, it comes to resources of its own name alone, or to a finding', () => {
  const odd = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 80 }),
    fc.constantFrom('${service.name}', '${with.name}', '$${', '*', '%X%', 'a', 'a-b', 'written', '1s', '__proto__'),
  );
  fc.assert(
    fc.property(odd, odd, odd, (name, timeout, version) => {
      const tags = ['edge', `timeout=${timeout}`, `version=${version}`];
      const { resources, virtualHosts, findings } = instanceOf(generator, { name, tags }, []);
      for (const { saw } of findings) expect(saw).not.toMatch(/\p{Cc}/u);
      if (hasErrors(findings)) return;
      expect(resources.map((resource) => `${resource.kind} ${resource.name}`)).toEqual([`cluster app-${name}`]);
      expect(virtualHosts.map(({ into, body }) => [into, body.domains])).toEqual([['gateway', [`${name}.test`]]]);
      expect(JSON.stringify([resources, virtualHosts])).not.toMatch(/\$\{|%|\*/);
    }),
    { numRuns: 300 },
  );
});

import { beforeAll, expect, test } from 'vitest';
import { guardSnapshot } from '../../../conformance/guards/guard-snapshot.ts';
import { type Generated, InstanceMaker } from '../../../controlplane/generators/generate.ts';
import type { EnvoyVersion } from '../../../render/ids.ts';
import { resourcesOf, type Snapshot } from '../../../render/snapshot.ts';
import { ENVOYS, GATEWAY, meshOf } from '../../render/generators/generator-mesh.ts';

const envoys = ENVOYS as EnvoyVersion[];
let base: Snapshot;
let judged = 0;
beforeAll(async () => {
  // The domain is whatever the tag says, so that services may want the same one.
  const { snapshot } = await meshOf({
    'templates/app.yaml': GATEWAY['templates/app.yaml']
      ?.replace('timeout: { type', 'domain: { type: string, default: none.test }\n  timeout: { type')
      .replace('domains: ["${with.name}.${values.domain}"]', 'domains: ["${with.domain}"]'),
    'generators/apps.yaml': GATEWAY['generators/apps.yaml']
      ?.replace('with: { ', 'with: { domain: "${service.tags.domain}", ')
      .replace('- name: hello', '- { name: hello, tags: [domain=hello.test] }')
      .concat('max_services: 40\n'),
  });
  if (!snapshot) throw new Error('no snapshot');
  base = snapshot;
});

/** `refuses`: names of clusters that a guard has something against. */
const maker = (...refuses: readonly string[]): InstanceMaker =>
  new InstanceMaker({
    envoys,
    judge: (snapshot) => {
      judged += 1;
      const bad = resourcesOf(snapshot, 'cluster').filter(({ name }) => refuses.includes(name));
      return [
        ...guardSnapshot(snapshot, { envoys, settings: { defaultPanicThresholdPercent: 50 } as never }),
        ...bad.map(({ name, at }) => ({ rule: 'refused', severity: 'error' as const, at, saw: name, want: 'another' })),
      ];
    },
  });
/** `name=domain`. */
function generate(made: InstanceMaker, ...services: readonly string[]): Generated {
  const [generator] = base.generators ?? [];
  if (!generator) throw new Error('no generator');
  const known = services.map((text) => {
    const [name = '', domain = `${name}.test`] = text.split('=');
    return { name, tags: ['edge', `domain=${domain}`] };
  });
  judged = 0;
  return made.generate(base, [{ generator, services: known }]);
}
const served = ({ instances }: Generated): readonly string[] => instances.map(({ service }) => service);
const out = ({ leftOut }: Generated): readonly string[] =>
  leftOut.map(({ service, findings }) => `${service} ${findings[0]?.rule}`);

test('among thirty services the broken ones are left out alone, with a handful of judgements', () => {
  const names = Array.from({ length: 30 }, (_, index) => `s${String(index).padStart(2, '0')}`);
  const made = maker();
  expect(served(generate(made, ...names))).toEqual(names);
  // Once what is promoted, and once all of it.
  expect(judged).toBe(2);
  const broken = generate(
    made,
    ...names.slice(0, 12),
    'bad*',
    'x=taken.test',
    ...names.slice(12),
    's12-again=s12.test',
  );
  expect(served(broken)).toEqual(names);
  expect(out(broken)).toEqual(['bad* generated-name', 'x duplicate-domain', 's12-again duplicate-domain']);
  expect(judged).toBe(1);
  expect(broken.leftOut[1]?.findings[0]).toMatchObject({
    at: { file: 'templates/app.yaml' },
    via: [{ file: 'generators/apps.yaml' }],
    saw: expect.stringContaining('taken.test'),
  });
  expect(resourcesOf(broken.snapshot, 'cluster')).toHaveLength(30);
});

test('forty that want domains that are taken cost no judgement each; one whose rival is left out has it', () => {
  const names = Array.from({ length: 20 }, (_, index) => `s${String(index).padStart(2, '0')}`);
  const again = names.map((name) => `${name}-again=${name.toUpperCase()}.test`);
  const made = maker('app-s07');
  const found = generate(made, ...names, ...again);
  expect(served(found)).toEqual([...names.filter((name) => name !== 's07'), 's07-again']);
  expect(out(found)).toHaveLength(20);
  expect(out(found)).toContain('s07 refused');
  expect(found.leftOut.find(({ service }) => service === 's08-again')?.findings[0]?.saw).toBe(
    'domain S08.test a second time; service s08 has it',
  );
  // What is promoted, halves until the one is found that a guard refuses, and the one that had to wait for that.
  expect(judged).toBeLessThanOrEqual(14);
});

test('of two that want one domain the first has it, and written config outweighs both', () => {
  expect(served(generate(maker(), 'b=one.test', 'a=one.test'))).toEqual(['b']);
  expect(served(generate(maker(), 'a=one.test', 'b=one.test', 'c=written.test'))).toEqual(['a']);
});

test('what one generator serves is not taken by a service that appears at another, whichever comes first', () => {
  const [apps] = base.generators ?? [];
  if (!apps) throw new Error('no generator');
  const known = (name: string) => [{ name, tags: ['edge', 'domain=one.test'] }];
  const both = maker().generate(base, [
    { generator: apps, services: known('new') },
    { generator: { ...apps, name: 'others' }, services: known('old'), served: 1 },
  ]);
  expect(served(both)).toEqual(['old']);
  expect(out(both)).toEqual(['new duplicate-domain']);
});

test('the same services give the same resources, in whichever order they come', () => {
  const one = generate(maker(), 'a', 'b', 'c').snapshot;
  const other = generate(maker(), 'c', 'a', 'b').snapshot;
  expect(other.resources.map(({ body }) => body)).toEqual(one.resources.map(({ body }) => body));
  expect(one.digest).toBe(base.digest);
});

test('what did not change is the same object, so that it is encoded once', () => {
  const made = maker();
  const before = generate(made, 'a', 'b');
  const after = generate(made, 'a', 'b', 'c');
  expect(after.instances[1]).toBe(before.instances[1]);
});

test('more services than the cap are left out, those that came last', () => {
  const names = Array.from({ length: 42 }, (_, index) => `s${index}`);
  const full = generate(maker(), ...names);
  expect(served(full)).toHaveLength(40);
  expect(out(full)).toEqual(['s40 generator-full', 's41 generator-full']);
});

test('nobody is served for a generator without services', () => {
  const none = generate(maker());
  expect(none.snapshot.resources).toEqual(base.resources);
});

import { beforeAll, expect, test, vi } from 'vitest';
import { servedSnapshot } from '../../../controlplane/encode-served.ts';
import { GeneratedServices } from '../../../controlplane/generators/generated-services.ts';
import type { ServiceList, ServicesAnswer } from '../../../controlplane/generators/service-list.ts';
import type { LastServices, ServiceMemory } from '../../../controlplane/generators/service-memory.ts';
import type { Generator } from '../../../render/generators/generator.ts';
import { resourcesOf, type Snapshot } from '../../../render/snapshot.ts';
import { meshOf } from '../../render/generators/generator-mesh.ts';

let base: Snapshot;
beforeAll(async () => {
  const { snapshot } = await meshOf();
  if (!snapshot) throw new Error('no snapshot');
  base = snapshot;
});

/** A list that says what it is told to say. */
function toldList() {
  const wakes = new Set<() => void>();
  const wake = (): void => {
    for (const one of [...wakes]) one();
  };
  const said: ServicesAnswer[] = [];
  const list: ServiceList = {
    name: 'told services',
    async *watch(signal) {
      signal.addEventListener('abort', () => wake(), { once: true });
      while (!signal.aborted) {
        const next = said.shift();
        if (next) yield next;
        else
          await new Promise<void>((resolve) => {
            wakes.add(resolve);
          });
      }
    },
  };
  const say = (answer: ServicesAnswer): void => {
    said.push(answer);
    wake();
  };
  return {
    list,
    fail: (problem: string) => say({ kind: 'failed', problem }),
    say: (...names: readonly string[]) =>
      say({ kind: 'services', services: names.map((name) => ({ name, tags: ['edge'] })) }),
  };
}

/** By the clock of the test, so that nothing is waited for. */
function world(remembered?: LastServices, judge: () => never[] = () => []) {
  vi.useFakeTimers();
  const told = toldList();
  const served: (readonly string[])[] = [];
  const said: string[] = [];
  const kept: (LastServices | undefined)[] = [];
  const memory: ServiceMemory = {
    remembered: () => remembered && { services: remembered.services, sinceEpochMs: Date.now() },
    remember: (_: Generator, last) => void kept.push(last),
    keepOnly: () => {},
  };
  const generated = new GeneratedServices({
    openServices: () => told.list,
    memory,
    judge,
    envoys: [],
    nowEpochMs: Date.now,
    onServed: (_, snapshot) => void served.push(resourcesOf(snapshot, 'cluster').map(({ name }) => name)),
    say: (line) => void said.push(line),
  });
  return {
    ...told,
    generated,
    served,
    said,
    kept,
    promote: (snapshot = base) => generated.promote(servedSnapshot(snapshot.digest, snapshot.resources), snapshot),
    pass: (ms: number) => vi.advanceTimersByTimeAsync(ms),
    async [Symbol.asyncDispose]() {
      await generated[Symbol.asyncDispose]();
      vi.useRealTimers();
    },
  };
}

test('nothing is served before the source has answered; services that come together are one change', async () => {
  await using it = world();
  it.promote();
  await it.pass(5_000);
  expect(it.served).toEqual([]);
  it.say('a');
  await it.pass(50);
  it.say('a', 'b');
  await it.pass(1_000);
  expect(it.served).toEqual([['app-a', 'app-b']]);
  it.say('b');
  await it.pass(1_000);
  expect(it.served.at(-1)).toEqual(['app-b']);
  expect(it.said).toEqual([
    'generator apps: service a is served',
    'generator apps: service b is served',
    'generator apps: service a is served no more',
  ]);
});

test('a source that says nothing is waited for once; what it says later is served all the same', async () => {
  await using it = world();
  it.promote();
  it.fail('connection refused');
  await it.pass(14_000);
  expect(it.generated.isWhole).toBe(false);
  expect(it.served).toEqual([]);
  await it.pass(1_000);
  expect(it.served).toEqual([[]]);
  expect(it.said.at(-1)).toContain('no answer yet');
  it.promote({ ...base });
  expect(it.served).toHaveLength(2);
  it.say('a');
  await it.pass(1_000);
  expect(it.served.at(-1)).toEqual(['app-a']);
  expect(it.generated.views()).toMatchObject([
    { generator: 'apps', at: 'generators/apps.yaml:2:1', source: { state: 'current' }, services: [{ service: 'a' }] },
  ]);
  expect(it.generated.isWhole).toBe(true);
  it.fail('connection refused');
  await it.pass(100);
  expect(it.generated.isWhole).toBe(false);
});

test('what was remembered is served at once, and kept in the order in which services came', async () => {
  await using it = world({
    services: [
      { name: 'b', tags: [] },
      { name: 'c', tags: [] },
    ],
  });
  it.promote();
  expect(it.served).toEqual([['app-b', 'app-c']]);
  it.say('a', 'b', 'c');
  await it.pass(1_000);
  expect(it.kept.at(-1)?.services.map(({ name }) => name)).toEqual(['b', 'c', 'a']);
});

test('a promotion without generators is handed on as it is, and ends what was generated', async () => {
  await using it = world();
  it.promote();
  it.say('a');
  await it.pass(1_000);
  const { generators: _, ...plain } = base;
  it.promote(plain);
  expect(it.served.at(-1)).toEqual([]);
  expect(it.generated.views()).toEqual([]);
});

test('guards that throw take nothing away: what is served goes on', async () => {
  let broken = false;
  await using it = world(undefined, () => {
    if (broken) throw new Error('a fault of a guard');
    return [];
  });
  it.promote();
  it.say('a');
  await it.pass(1_000);
  broken = true;
  it.say('a', 'b');
  await it.pass(1_000);
  expect(it.served).toEqual([['app-a']]);
  expect(it.said.at(-1)).toContain('a fault of a guard');
  // What is promoted is served whatever becomes of generators.
  it.promote({ ...base });
  expect(it.served).toHaveLength(2);
});

test('what people should look at: a source that is not heard, fails, is not believed or expires, and services that are left out', async () => {
  const [generator] = base.generators ?? [];
  const maxStaleMs = generator?.maxStaleMs ?? 0;
  await using it = world();
  const found = () => it.generated.findings().map(({ rule, severity, saw, want }) => [rule, severity, saw, want]);
  it.promote(withGenerator({ floorPercent: 50, floorHoldMs: 600_000 }));
  expect(found()).toEqual([
    ['services-unanswered', 'warning', 'told services has not answered yet', expect.stringContaining('an answer')],
  ]);
  const names = Array.from({ length: 8 }, (_, at) => `odd*${at}`);
  it.say('a', 'b', 'c', 'd', ...names);
  await it.pass(1_000);
  const leftOut = [
    'services-left-out',
    'warning',
    expect.stringMatching(
      /^"odd\*0", "odd\*1", "odd\*2", "odd\*3", "odd\*4" and 3 more: generated-name: a service called/,
    ),
    expect.stringContaining('letters'),
  ];
  expect(found()).toEqual([leftOut]);
  expect(it.generated.findings()).toMatchObject([{ at: { file: 'generators/apps.yaml' }, resource: 'generator apps' }]);
  it.say('a', 'b', 'c', 'd');
  await it.pass(1_000);
  expect(found()).toEqual([
    [
      'services-floor',
      'warning',
      expect.stringMatching(/^told services gives 4 services, which is believed at \d{4}-.* UTC if it stands$/),
      expect.stringContaining('8 services that it does not give any more are kept'),
    ],
    leftOut,
  ]);
  it.say('a', 'b', 'c', 'd', 'e', 'f');
  await it.pass(1_000);
  expect(found()).toEqual([]);
  it.fail('connection refused');
  await it.pass(1_000);
  expect(found()).toEqual([
    [
      'services-stale',
      'warning',
      expect.stringMatching(/^told services fails since \d{4}-.* UTC: connection refused$/),
      expect.stringMatching(/^an answer; its 6 last known services are served until \d{4}-.* UTC$/),
    ],
  ]);
  await it.pass(maxStaleMs);
  expect(found()).toEqual([
    ['services-expired', 'error', expect.stringContaining('connection refused'), expect.stringContaining('max_stale')],
  ]);
  const { generators: _, ...plain } = base;
  it.promote(plain);
  expect(found()).toEqual([]);
});

/** With other bounds, or another source. */
const withGenerator = (more: Partial<Generator>): Snapshot => ({
  ...base,
  generators: (base.generators ?? []).map((one) => ({ ...one, ...more })),
});

test('a promotion that asks another source waits for it, whatever the one before was about to serve', async () => {
  await using it = world();
  it.promote();
  it.say('a');
  await it.pass(1_000);
  it.say('a', 'b');
  await it.pass(50);
  it.promote(withGenerator({ source: { kind: 'consul', tag: 'other' } }));
  await it.pass(10_000);
  expect(it.served).toEqual([['app-a']]);
  it.say('c');
  await it.pass(1_000);
  expect(it.served).toEqual([['app-a'], ['app-c']]);
});

test('a promotion that lowers the floor lets go what is kept because of it', async () => {
  await using it = world();
  it.promote(withGenerator({ floorPercent: 50, floorHoldMs: 600_000 }));
  it.say('a', 'b', 'c');
  await it.pass(1_000);
  it.say('c');
  await it.pass(1_000);
  expect(it.served.at(-1)).toEqual(['app-a', 'app-b', 'app-c']);
  it.promote(withGenerator({ floorPercent: 0, floorHoldMs: 600_000 }));
  expect(it.served.at(-1)).toEqual(['app-c']);
});

test('after a restart a name belongs to the generator that served it, whichever comes first', async () => {
  const [apps] = base.generators ?? [];
  if (!apps) throw new Error('no generator');
  const shop = { name: 'shop', tags: ['edge'] };
  const silent: ServiceList = { name: 'silent', async *watch() {} };
  const kept: unknown[] = [];
  const memory: ServiceMemory = {
    // Both sources know it; it was the second that had the name.
    remembered: ({ name }) => ({ services: [shop], served: name === 'others' ? 1 : 0, sinceEpochMs: Date.now() }),
    remember: (generator, last) => void kept.push([generator.name, last?.served]),
    keepOnly: () => {},
  };
  await using generated = new GeneratedServices({
    openServices: () => silent,
    memory,
    judge: () => [],
    envoys: [],
    nowEpochMs: Date.now,
    onServed: () => {},
    say: () => {},
  });
  const snapshot = { ...base, generators: [apps, { ...apps, name: 'others' }] };
  generated.promote(servedSnapshot(snapshot.digest, snapshot.resources), snapshot);
  expect(generated.views()).toMatchObject([
    { generator: 'apps', services: [], leftOut: [{ service: 'shop', findings: [{ rule: 'duplicate-domain' }] }] },
    { generator: 'others', services: [{ service: 'shop' }], leftOut: [] },
  ]);
  expect(kept).toEqual([
    ['apps', 0],
    ['others', 1],
  ]);
});

import { beforeEach, expect, test } from 'vitest';
import { forgetfulMemory } from '../../../controlplane/ramp/ramp-memory.ts';
import { settled } from './manual-clock.ts';
import { host, hosts, probedRamps, sizeOf, wanted } from './probed-ramps.ts';

let { clock, sick, entries, asked, open } = probedRamps();
beforeEach(() => {
  ({ clock, sick, entries, asked, open } = probedRamps());
});

test('four healthy hosts become twelve in steps, on timers alone, and the log says each', async () => {
  await using ramp = await open(forgetfulMemory());
  ramp.want(wanted(hosts(1, 4)));
  await clock.advance(15_000);
  expect(ramp.view()).toMatchObject({ stage: 'there', waiting: [], wanted: 4 });
  const sizes: number[] = [];
  const stop = new AbortController();
  const following = (async () => {
    for await (const { hosts: served } of ramp.follow(stop.signal)) sizes.push(served.get(0)?.length ?? 0);
  })();
  ramp.want(wanted(hosts(1, 12)));
  await clock.advance(60_000);
  stop.abort();
  await following;
  // One of four may die: 2 more; then 4 of 6, and the rest.
  expect(sizes).toEqual([4, 6, 10, 12]);
  expect(ramp.view()).toMatchObject({ stage: 'there', waiting: [] });
  expect(entries.filter(({ kind }) => kind === 'entered').map(({ hosts: named }) => named.length)).toEqual([
    4, 2, 4, 2,
  ]);
  expect(entries.find(({ hosts: named }) => named.length === 2)?.text).toBe(
    '10.0.0.5:80, 10.0.0.6:80 enter: priority 0: in the worst case 4 of 6 are healthy, 3 are needed at a threshold of 50 %',
  );
});

test('hosts that fail their check, or are in maintenance, never enter; they do when that is over', async () => {
  await using ramp = await open(forgetfulMemory());
  ramp.want(wanted(hosts(1, 4)));
  await clock.advance(15_000);
  sick.add('10.0.0.5');
  ramp.want(wanted([...hosts(1, 5), host(6, { health: 'maintenance' })]));
  await clock.advance(120_000);
  expect(sizeOf(ramp)).toBe(4);
  expect(asked).not.toContain('10.0.0.6');
  expect(ramp.view().waiting).toEqual([
    { kind: 'unhealthy', hosts: ['10.0.0.5:80'], text: 'seen unhealthy' },
    { kind: 'maintenance', hosts: ['10.0.0.6:80'], text: 'in maintenance at the source' },
  ]);
  sick.clear();
  ramp.want(wanted(hosts(1, 6)));
  await clock.advance(30_000);
  expect(sizeOf(ramp)).toBe(6);
});

test('a host that fails after it entered is taken out, and tried again later', async () => {
  await using ramp = await open(forgetfulMemory());
  ramp.want(wanted(hosts(1, 4)));
  await clock.advance(15_000);
  ramp.want(wanted(hosts(1, 5)));
  await clock.advance(1_000);
  expect(sizeOf(ramp)).toBe(5);
  sick.add('10.0.0.5');
  await clock.advance(20_000);
  expect(sizeOf(ramp)).toBe(4);
  expect(entries.map(({ kind }) => kind)).toContain('withdrawn');
  sick.clear();
  await clock.advance(20_000);
  expect(ramp.view().waiting).toMatchObject([{ kind: 'failed-before', hosts: ['10.0.0.5:80'] }]);
  await clock.advance(30_000);
  expect(sizeOf(ramp)).toBe(5);
});

test('every host replaced at once: never fewer healthy ones than wanted, and the old ones go last', async () => {
  await using ramp = await open(forgetfulMemory());
  ramp.want(wanted(hosts(1, 4)));
  await clock.advance(15_000);
  ramp.want(wanted(hosts(11, 14)));
  const sizes = new Set<number>();
  for (let left = 120; left > 0; left--) {
    await clock.advance(500);
    const served = ramp.served?.hosts.get(0) ?? [];
    sizes.add(served.length);
    expect(served.length).toBeGreaterThanOrEqual(4);
  }
  expect(ramp.served?.hosts.get(0)?.map(({ address }) => address)).toEqual(hosts(11, 14).map(({ address }) => address));
  expect(Math.max(...sizes)).toBe(6);
});

test('an operator holds it, lets it go, and hurries it', async () => {
  await using ramp = await open(forgetfulMemory());
  ramp.want(wanted(hosts(1, 2)));
  await clock.advance(15_000);
  ramp.order('hold', 'ann');
  ramp.want(wanted(hosts(1, 9)));
  await clock.advance(60_000);
  expect(sizeOf(ramp)).toBe(2);
  expect(ramp.view()).toMatchObject({ stage: 'waiting', waiting: [{ kind: 'held', text: 'held by ann' }] });
  sick.add('10.0.0.9');
  await clock.advance(10_000);
  ramp.order('hurry', 'bob');
  await settled();
  // All at once, but for the one that is known to be bad.
  expect(sizeOf(ramp)).toBe(8);
  expect(entries.map(({ kind, text }) => `${kind} ${text}`).join('\n')).toMatch(
    /order bob: hurry\nentered .*hurried by bob/,
  );
});

test('nothing is wanted any more: the last healthy hosts stay until they fail, or somebody hurries', async () => {
  await using ramp = await open(forgetfulMemory());
  ramp.want(wanted(hosts(1, 2)));
  await clock.advance(15_000);
  ramp.want(new Map());
  await clock.advance(60_000);
  expect(sizeOf(ramp)).toBe(2);
  expect(ramp.view().waiting.map(({ kind }) => kind)).toContain('last-hosts');
  ramp.order('hurry', 'ann');
  await settled();
  expect(sizeOf(ramp)).toBe(0);
});

import { describe, expect, test } from 'vitest';
import { Gestures, wheelFactor } from '../../../../board/app/components/graph/gestures.ts';
import { nextNode } from '../../../../board/app/components/graph/next-node.ts';
import { layOutParts } from '../../../../board/app/components/graph/part-layout.ts';
import { movedTo, type ViewBox } from '../../../../board/app/components/graph/view-box.ts';
import { around, failing, type MapPart } from '../../../../board/app/pages/mesh/map-part.ts';
import { nodeWidth, nodeWords } from '../../../../board/app/pages/mesh/node-look.ts';
import { demoMap, largeMap } from '../../fixture/demo-mesh.ts';

const laidOut = ({ services, edges }: MapPart, aspect = 2) =>
  layOutParts(
    services.map(({ name }) => ({ id: name, width: 190, height: 36 })),
    edges,
    aspect,
  );
/** Pairs of nodes that cover one another. */
const covered = ({ nodes }: ReturnType<typeof laidOut>): number => {
  const all = Object.values(nodes);
  return all.filter((a, at) =>
    all.some((b, other) => other > at && Math.abs(a.x - b.x) < 190 && Math.abs(a.y - b.y) < 36),
  ).length;
};

describe('the layout of many', () => {
  const map = largeMap('canary', 500);
  test('500 services fill a window: none covers another, callers to the left of most of whom they call', () => {
    const whole = laidOut(map);
    expect(whole.width / whole.height).toBeGreaterThan(1.4);
    expect(whole.width / whole.height).toBeLessThan(2.8);
    expect(covered(whole)).toBe(0);
    const x = (name: string): number => whole.nodes[name]?.x ?? Number.NaN;
    const back = map.edges.filter(({ from, to }) => x(to) < x(from));
    expect(back.length).toBeLessThan(map.edges.length / 20);
    expect(whole.edges.every((points) => points.length === 4)).toBe(true);
    expect(laidOut(map)).toEqual(whole);
  });
  test('circles and calls of oneself do not stop it', () => {
    const services = map.services.slice(0, 200);
    const names = services.map(({ name }) => name);
    const edges = names.map((from, index) => ({ from, to: names[(index + 1) % 200] ?? from }));
    const whole = laidOut({ services, edges: [...edges, { from: names[0] ?? '', to: names[0] ?? '' }] as never });
    expect(Object.keys(whole.nodes)).toHaveLength(200);
    expect(covered(whole)).toBe(0);
  });
  test('parts that have nothing to do with one another stand side by side, each line with its own', () => {
    const part = failing(map);
    const whole = laidOut(part);
    expect(covered(whole)).toBe(0);
    expect(whole.width / whole.height).toBeGreaterThan(0.8);
    for (const [index, { from, to }] of part.edges.entries()) {
      const points = whole.edges[index] ?? [];
      const end = (at: number, name: string): number =>
        Math.abs((points.at(at)?.x ?? Number.NaN) - (whole.nodes[name]?.x ?? Number.NaN));
      expect([end(0, from), end(-1, to)].every((off) => off <= 96)).toBe(true);
    }
  });
});

test('what fails alone, and what is around some names as far as there is room', () => {
  const map = largeMap('canary', 500);
  const part = failing(map);
  expect(part.edges.every(({ failureShare }) => (failureShare ?? 0) > 0.01)).toBe(true);
  expect(new Set(part.edges.flatMap(({ from, to }) => [from, to])).size).toBe(part.services.length);
  const name = map.services[200]?.name ?? '';
  const near = around(map, new Set([name]));
  const next = map.edges.filter(({ from, to }) => from === name || to === name).flatMap(({ from, to }) => [from, to]);
  expect(near.services.map((one) => one.name).toSorted()).toEqual([...new Set(next)].toSorted());
  expect(around(map, new Set(map.services.map((one) => one.name))).services).toHaveLength(60);
});

test('a node is as wide as what stands in it', () => {
  const { services } = demoMap('canary');
  const ledger = services.find(({ name }) => name === 'ledger');
  expect(ledger && nodeWords(ledger)).toMatch(/^45\/s, 0\.010\u00a0% fail, no config$/);
  // 10.5 px letters of DejaVu Sans are 5.6 px wide in the middle, and stand 10 px in.
  for (const service of services) expect(nodeWidth(service)).toBeGreaterThan(10 + nodeWords(service).length * 5.6);
});

test('arrows lead to what lies that way, rather straight on than aside; at the end they stay', () => {
  const nodes = { a: { x: 0, y: 0 }, b: { x: 100, y: 10 }, c: { x: 60, y: 120 }, d: { x: 0, y: 80 } };
  expect(nextNode(nodes, 'a', 'ArrowRight')).toBe('b');
  expect(nextNode(nodes, 'a', 'ArrowDown')).toBe('d');
  expect(nextNode(nodes, 'd', 'ArrowUp')).toBe('a');
  expect(nextNode(nodes, 'a', 'ArrowLeft')).toBeUndefined();
  expect(nextNode(nodes, 'a', 'Enter')).toBeUndefined();
});

describe('gestures', () => {
  const view: ViewBox = { x: 0, y: 0, scale: 1 };
  test('a pointer that strays a little presses; from then on it drags, from where it began', () => {
    const gestures = new Gestures();
    gestures.down(1, { x: 10, y: 10 });
    expect(gestures.move(1, { x: 12, y: 11 })).toBeUndefined();
    expect(gestures.isDragging).toBe(false);
    expect(gestures.move(1, { x: 20, y: 10 })?.(view)).toEqual({ x: -10, y: 0, scale: 1 });
    expect(gestures.isDragging).toBe(true);
    gestures.up(1);
    expect(gestures.move(1, { x: 50, y: 50 })).toBeUndefined();
  });
  test('two fingers that part bring what is between them nearer', () => {
    const gestures = new Gestures();
    gestures.down(1, { x: 0, y: 100 });
    gestures.down(2, { x: 100, y: 100 });
    const near = gestures.move(2, { x: 200, y: 100 })?.(view);
    expect(near?.scale).toBeCloseTo(2);
    expect(gestures.isDragging).toBe(true);
  });
  test('a wheel: up is nearer, lines are more than pixels, and no notch leaps', () => {
    expect(wheelFactor({ deltaY: -100, deltaMode: 0 })).toBeCloseTo(Math.exp(0.2));
    expect(wheelFactor({ deltaY: 1, deltaMode: 1 })).toBeCloseTo(Math.exp(-0.08));
    expect(wheelFactor({ deltaY: -9_999, deltaMode: 0 })).toBeCloseTo(Math.exp(0.24));
  });
  test('the window follows the keyboard no further than it must', () => {
    const window = { width: 400, height: 300 };
    const box = { width: 100, height: 40 };
    expect(movedTo(view, { ...box, x: 100, y: 100 }, window)).toEqual(view);
    expect(movedTo(view, { ...box, x: 500, y: 100 }, window)).toEqual({ x: 224, y: 0, scale: 1 });
    expect(movedTo(view, { ...box, x: -50, y: 100 }, window)).toEqual({ x: -74, y: 0, scale: 1 });
  });
});

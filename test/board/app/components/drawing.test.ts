import { describe, expect, test } from 'vitest';
import { edgePath } from '../../../../board/app/components/graph/edge-path.ts';
import { layOut } from '../../../../board/app/components/graph/graph-layout.ts';
import { fitted, panned, zoomed } from '../../../../board/app/components/graph/view-box.ts';
import { sparkPath } from '../../../../board/app/components/spark-path.ts';

describe('a sparkline', () => {
  const frame = { width: 104, height: 24 };
  test('goes from the lowest value at the bottom to the highest at the top', () => {
    expect(sparkPath([0, 10], frame)).toBe('M2.0 22.0L102.0 2.0');
  });
  test('is broken where nothing is known, and one value that stands alone is a dot', () => {
    expect(sparkPath([1, 2, null, 1], frame)).toMatch(/^M[\d. ]+L[\d. ]+M[\d. ]+h0\.01$/);
    expect(sparkPath([null, null], frame)).toBe('');
  });
  test('a success rate that never fell is at the top; what never changed is in the middle', () => {
    expect(sparkPath([1, 1], { ...frame, ceiling: 1 })).toBe('M2.0 2.0L102.0 2.0');
    expect(sparkPath([5, 5], frame)).toBe('M2.0 12.0L102.0 12.0');
  });
});

describe('a window on a drawing', () => {
  test('shows the whole of it in the middle, and does not blow small ones up', () => {
    const window = { width: 1_000, height: 500 };
    const large = fitted({ width: 4_000, height: 1_000 }, window);
    expect(large.scale).toBeCloseTo((1_000 - 24) / 4_000);
    expect(large.x + 1_000 / large.scale / 2).toBeCloseTo(2_000);
    expect(fitted({ width: 10, height: 10 }, window).scale).toBe(1.15);
  });
  test('what is under the pointer stays there, nearer or farther; at the ends it stops', () => {
    const view = { x: 100, y: 50, scale: 0.5 };
    const at = { x: 300, y: 200 };
    const near = zoomed(view, 2, at);
    expect(near.x + at.x / near.scale).toBeCloseTo(view.x + at.x / view.scale);
    expect(near.y + at.y / near.scale).toBeCloseTo(view.y + at.y / view.scale);
    expect(zoomed(view, 1e6, at).scale).toBe(3);
    expect(zoomed(view, 1e-6, at).scale).toBe(0.04);
  });
  test('is moved by pixels, whatever the scale', () => {
    expect(panned({ x: 0, y: 0, scale: 0.5 }, 10, -20)).toEqual({ x: -20, y: 40, scale: 0.5 });
  });
});

describe('the layout of a graph', () => {
  test('users stand to the left of what they use; two edges between the same two are both there', () => {
    const nodes = ['a', 'b', 'c'].map((id) => ({ id, width: 100, height: 30 }));
    const edges = [
      { from: 'a', to: 'b', labelWidth: 80 },
      { from: 'b', to: 'c' },
      { from: 'a', to: 'b' },
    ];
    const laidOut = layOut(nodes, edges);
    const x = (id: string): number => laidOut.nodes[id]?.x ?? Number.NaN;
    expect(x('a')).toBeLessThan(x('b'));
    expect(x('b')).toBeLessThan(x('c'));
    expect(laidOut.edges.map((points) => points.length > 1)).toEqual([true, true, true]);
    expect(laidOut.labels[0]?.x).toBeGreaterThan(x('a'));
    expect(laidOut.labels[1]).toBeNull();
    expect(layOut(nodes, edges)).toEqual(laidOut);
  });
  test('circles and services that call themselves do not stop it', () => {
    const nodes = ['a', 'b'].map((id) => ({ id, width: 100, height: 30 }));
    const edges = [
      { from: 'a', to: 'b' },
      { from: 'b', to: 'a' },
      { from: 'a', to: 'a' },
    ];
    const laidOut = layOut(nodes, edges);
    expect(laidOut.width).toBeGreaterThan(0);
    for (const points of laidOut.edges) expect(edgePath(points)).toMatch(/^M/);
  });
  test('an edge without points is nothing, one of two is a line', () => {
    expect(edgePath([])).toBe('');
    expect(
      edgePath([
        { x: 0, y: 0 },
        { x: 5, y: 5 },
      ]),
    ).toBe('M0.0 0.0L5.0 5.0');
  });
});

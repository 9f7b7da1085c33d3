import { expect, test } from 'vitest';
import { emptyStage } from '../../render/empty-stage.ts';
import { loadFinding, startOf } from '../../render/load/rules.ts';
import type { RenderedStage } from '../../render/render-stage.ts';

const cluster = { kind: 'cluster', body: { name: 'app' }, at: startOf('clusters.yaml') } as const;

test('a stage without a resource is refused, and told where resources are looked for', () => {
  const [finding, ...more] = emptyStage({ resources: [], findings: [] });
  expect(more).toEqual([]);
  expect(finding).toMatchObject({ rule: 'empty-stage', severity: 'error', saw: 'no resource' });
  expect(finding?.at.file).toBe('mesh.yaml');
  expect(finding?.want).toContain('clusters/');
});

test('nothing is said of a stage that has one, whose generators make some, or where something could not be read', () => {
  const generators = [{}] as unknown as NonNullable<RenderedStage['generators']>;
  const unread = loadFinding('missing-name', startOf('clusters.yaml'), 'a cluster without name', 'name');
  expect(emptyStage({ resources: [cluster], findings: [] })).toEqual([]);
  expect(emptyStage({ resources: [], generators, findings: [] })).toEqual([]);
  expect(emptyStage({ resources: [], findings: [unread] })).toEqual([]);
});

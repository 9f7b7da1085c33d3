import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { healthMetric } from '../../cli/health-server.ts';
import { adminMetrics } from '../../controlplane/admin/admin-metrics.ts';
import { pipelineMetrics } from '../../pipeline/metrics/pipeline-metrics.ts';
import { openLine } from '../../pipeline/stage/stage-record.ts';
import type { PipelineStore } from '../../pipeline/store/pipeline-store.ts';
import type { StageName } from '../../render/ids.ts';
import { DASHBOARDS, dashboardFiles } from '../../tools/dashboards/dashboard-files.ts';
import { memorySource } from '../controlplane/serve/memory-source.ts';
import { serveStage } from '../controlplane/serve/serve-stage.ts';
import { askedByDashboards, askedByRules, DEPLOY, metricsIn } from './asked-metrics.ts';

test('the dashboards are current (node tools/write-dashboards.ts writes them)', () => {
  const folder = join(DEPLOY, 'dashboards');
  const there = new Map(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
  expect(there).toEqual(dashboardFiles());
});

test.each([...dashboardFiles()])(
  '%s: panels have numbers and places of their own, and each asks the chosen Prometheus',
  (_, text) => {
    type Panel = {
      id: number;
      type: string;
      title: string;
      gridPos: object;
      datasource?: object;
      targets?: { expr: string }[];
    };
    const { panels, templating } = JSON.parse(text) as { panels: Panel[]; templating: { list: { name: string }[] } };
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    expect(new Set(panels.map(({ gridPos }) => JSON.stringify(gridPos))).size).toBe(panels.length);
    const names = templating.list.map(({ name }) => name);
    for (const panel of panels.filter(({ type }) => type !== 'row')) {
      expect(panel).toMatchObject({ datasource: { type: 'prometheus', uid: '$datasource' } });
      expect(panel.targets?.length).toBeGreaterThan(0);
      for (const { expr } of panel.targets ?? [])
        for (const [, name = ''] of expr.matchAll(/"\$(\w+)"/g)) expect(names).toContain(name);
    }
  },
);

test('what a legend names, its expression keeps', () => {
  for (const { queries, title } of DASHBOARDS.flatMap(({ rows }) => rows).flatMap(({ panels }) => panels))
    for (const { expr, legend } of queries) {
      const kept = [...expr.matchAll(/\bby \(([^)]*)\)/g)].map(([, labels = '']) => labels.split(', '));
      for (const [, label = ''] of legend.matchAll(/\{\{(\w+)\}\}/g))
        expect(kept.length === 0 || kept.every((labels) => labels.includes(label)), `${title}: ${label}`).toBe(true);
    }
});

/** What code exposes: every name, whether there is something to say or not. */
async function exposed(): Promise<ReadonlySet<string>> {
  await using server = await serveStage({
    stage: 'beta' as StageName,
    source: memorySource(),
    nowEpochMs: () => 0,
  });
  const read = { line: async () => openLine, openPromotions: async () => [] };
  const empty = { read, sql: async () => [] } as unknown as PipelineStore;
  const families = [...adminMetrics(server, 0), ...(await pipelineMetrics(empty, 0)), healthMetric([])];
  const names = families.flatMap(({ name, type }) =>
    type === 'histogram' ? [`${name}_bucket`, `${name}_count`] : [name],
  );
  return new Set([...names, 'up', 'meshgate_bot_inbox_open']);
}

test('rules and dashboards ask for metrics that Meshgate exposes, and for no label values of people', async () => {
  const there = await exposed();
  const asked = [...askedByRules(), ...askedByDashboards()];
  expect(asked.length).toBeGreaterThan(80);
  const missing = asked.flatMap(({ by, expr }) =>
    metricsIn(expr)
      .filter((name) => !/^(?:envoy|statsd_exporter)_/.test(name) && !there.has(name))
      .map((name) => `${by}: ${name}`),
  );
  expect(missing).toEqual([]);
  // What the guide's test looks for in a live scrape.
  expect(
    asked.flatMap(({ expr }) => metricsIn(expr)).filter((name) => name.startsWith('envoy_')).length,
  ).toBeGreaterThan(20);
});

test('names are found in expressions, whatever stands around them', () => {
  const expr =
    'sum by (envoy_version) (rate(meshgate_a_total{envoy_x="1"}[5m])) / on (meshgate_no) up and a:meshgate_b:rate5m';
  expect(metricsIn(expr)).toEqual(['meshgate_a_total', 'up']);
});

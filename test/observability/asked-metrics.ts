import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { DASHBOARDS } from '../../tools/dashboards/dashboard-files.ts';

export const DEPLOY = join(import.meta.dirname, '../../deploy/observability');

export type Rule = { readonly alert?: string; readonly record?: string; readonly expr: string };
/** An expression, and whose it is. */
export type Asked = { readonly by: string; readonly expr: string };

export const ruleFiles = (): readonly string[] => globSync('alerts/*.yml', { cwd: DEPLOY }).toSorted();

export const rules = (): readonly Rule[] =>
  ruleFiles().flatMap((file) => {
    const { groups } = parse(readFileSync(join(DEPLOY, file), 'utf8')) as { groups: { rules: Rule[] }[] };
    return groups.flatMap((group) => group.rules);
  });

/** What Grafana puts in the place of its variables when all is chosen. */
const withoutVariables = (expr: string): string =>
  expr.replaceAll('$__rate_interval', '1m').replaceAll(/"\$[a-z_]+"/g, '".*"');

export const askedByDashboards = (): readonly Asked[] =>
  DASHBOARDS.flatMap(({ uid, rows }) =>
    rows.flatMap(({ panels }) =>
      panels.flatMap(({ title, queries }) =>
        queries.map(({ expr }) => ({ by: `${uid}: ${title}`, expr: withoutVariables(expr) })),
      ),
    ),
  );

export const askedByRules = (): readonly Asked[] =>
  rules().map(({ alert, record, expr }) => ({ by: alert ?? record ?? '', expr }));

/** The metrics that an expression asks for; not what recording rules make. */
export function metricsIn(expr: string): readonly string[] {
  const plain = expr
    .replaceAll(/\{[^}]*\}/g, '')
    .replaceAll(/\b(?:by|on|without|ignoring|group_left|group_right)\s*\([^)]*\)/g, '')
    .replaceAll(/\b\w+:\w+:\w+/g, '');
  return [
    ...new Set(
      [...plain.matchAll(/\b(?:up|(?:envoy|meshgate|statsd_exporter|process|nodejs)_\w+)\b/g)].map(([name]) => name),
    ),
  ];
}

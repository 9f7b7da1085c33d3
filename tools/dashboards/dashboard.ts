import type * as cog from '@grafana/grafana-foundation-sdk/cog';
import {
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  DatasourceVariableBuilder,
  type Panel,
  QueryVariableBuilder,
  RowBuilder,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TableBuilder } from '@grafana/grafana-foundation-sdk/table';
import { PanelBuilder as TimeseriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';

/** One line of a chart, or one column of a table. */
export type Query = { readonly expr: string; readonly legend: string };
export type PanelSpec = {
  readonly kind: 'lines' | 'stat' | 'table';
  readonly title: string;
  /** What it is for, and what to do when it looks ill. */
  readonly description: string;
  /** As Grafana names units. https://grafana.com/docs/grafana/latest/panels-visualizations/configure-standard-options/#unit */
  readonly unit: 'reqps' | 'percentunit' | 's' | 'short' | 'bytes' | 'Bps' | 'dtdurations' | 'none';
  /** Of 24. Default 12. */
  readonly width?: number;
  readonly queries: readonly Query[];
};
export type DashboardSpec = {
  /** Names its file, and it in Grafana's addresses. */
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  /** Labels that are chosen from, each within those before it; `metric` has them. */
  readonly choices: readonly { readonly label: string; readonly metric: string }[];
  readonly rows: readonly { readonly title: string; readonly panels: readonly PanelSpec[] }[];
};

const SOURCE = { type: 'prometheus', uid: '$datasource' };
const HEIGHT = 8;

/** The dashboard as Grafana imports it. */
export function dashboardOf({ uid, title, description, choices, rows }: DashboardSpec): Dashboard {
  const builder = new DashboardBuilder(title)
    .uid(uid)
    .description(description)
    .tags(['meshgate', 'generated'])
    .tooltip(DashboardCursorSync.Crosshair)
    .time({ from: 'now-3h', to: 'now' })
    .refresh('30s')
    .withVariable(new DatasourceVariableBuilder('datasource').label('Prometheus').type('prometheus'));
  for (const [index, choice] of choices.entries()) builder.withVariable(variable(choice, choices.slice(0, index)));
  for (const row of rows) {
    builder.withRow(new RowBuilder(row.title));
    for (const panel of row.panels) builder.withPanel(panelOf(panel));
  }
  const built = builder.build();
  // The library gives rows the number 0; Grafana wants each panel to have its own.
  return { ...built, panels: (built.panels ?? []).map((panel, index) => ({ ...panel, id: index + 1 })) };
}

/** `=~"$label"` for each choice, to be put into the braces of a selector. */
const matchers = (choices: DashboardSpec['choices']): string =>
  choices.map(({ label }) => `${label}=~"$${label}"`).join(',');

const variable = ({ label, metric }: DashboardSpec['choices'][number], within: DashboardSpec['choices']) =>
  new QueryVariableBuilder(label)
    .label(label.replaceAll('_', ' '))
    .datasource(SOURCE)
    .query(`label_values(${metric}{${matchers(within)}}, ${label})`)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc)
    .multi(true)
    .includeAll(true)
    .allValue('.*');

function panelOf({ kind, title, description, unit, width = 12, queries }: PanelSpec): cog.Builder<Panel> {
  const builder = kind === 'stat' ? new StatBuilder() : kind === 'table' ? new TableBuilder() : new TimeseriesBuilder();
  builder.title(title).description(description).datasource(SOURCE).unit(unit).span(width).height(HEIGHT);
  for (const [index, { expr, legend }] of queries.entries()) {
    const query = new DataqueryBuilder().expr(expr).legendFormat(legend).datasource(SOURCE).refId(refIdOf(index));
    if (kind !== 'lines') query.instant();
    if (kind === 'table') query.format(PromQueryFormat.Table);
    builder.withTarget(query);
  }
  if (builder instanceof TableBuilder) oneRowForAll(builder, queries);
  if (builder instanceof TimeseriesBuilder) builder.min(0).fillOpacity(10).lineWidth(1);
  return builder;
}

const refIdOf = (index: number): string => String.fromCharCode('A'.charCodeAt(0) + index);

/** The answers of all queries side by side, joined by their labels. */
function oneRowForAll(builder: TableBuilder, queries: readonly Query[]): void {
  builder.withTransformation({ id: 'merge', options: {} });
  const named = queries.map(({ legend }, index) => [`Value #${refIdOf(index)}`, legend] as const);
  builder.withTransformation({
    id: 'organize',
    options: { excludeByName: { Time: true }, renameByName: Object.fromEntries([...named, ['Value', named[0]?.[1]]]) },
  });
}

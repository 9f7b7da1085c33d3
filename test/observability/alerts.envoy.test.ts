import { globSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { NO_PROMETHEUS } from '../real/prometheus.ts';
import { askedByDashboards, DEPLOY, ruleFiles, rules } from './asked-metrics.ts';

const promtool = async (...args: readonly string[]) => {
  const { exitCode, all } = await execa('promtool', args, { cwd: DEPLOY, reject: false, all: true });
  return { exitCode, said: exitCode === 0 ? '' : all };
};
const SOUND = { exitCode: 0, said: '' };
const TESTS = globSync('alerts/tests/*.yml', { cwd: DEPLOY }).toSorted();
const alerts = rules().flatMap(({ alert }) => (alert === undefined ? [] : [alert]));

test.skipIf(NO_PROMETHEUS)('each alert fires when it should, and does not when it should not', async () => {
  expect(await promtool('check', 'config', 'prometheus.yml')).toEqual(SOUND);
  expect(await promtool('check', 'rules', ...ruleFiles())).toEqual(SOUND);
  expect(await promtool('test', 'rules', ...TESTS)).toEqual(SOUND);
});

test('no alert is without both tests', () => {
  type Unit = { tests: { alert_rule_test: { alertname: string; exp_alerts: object[] }[] }[] };
  const units = TESTS.flatMap((file) => (parse(readFileSync(join(DEPLOY, file), 'utf8')) as Unit).tests);
  const judged = units.flatMap(({ alert_rule_test }) => alert_rule_test);
  const tested = (fires: boolean): string[] => [
    ...new Set(judged.filter(({ exp_alerts }) => exp_alerts.length > 0 === fires).map(({ alertname }) => alertname)),
  ];
  expect(tested(true).toSorted()).toEqual(alerts.toSorted());
  expect(tested(false).toSorted()).toEqual(alerts.toSorted());
});

test('each alert is in the table of the guide, and no other', () => {
  const page = readFileSync(join(DEPLOY, '../../docs/observability.md'), 'utf8');
  const section = page.split(/^## /m).find((part) => part.startsWith('Alerts\n')) ?? '';
  const told = [...section.matchAll(/^\| `(\w+)`/gm)].map(([, name = '']) => name);
  expect(told.toSorted()).toEqual(alerts.toSorted());
});

test.skipIf(NO_PROMETHEUS)("every expression of the dashboards is one of Prometheus'", async () => {
  const dir = await mkdtemp(join(tmpdir(), 'dashboards-'));
  try {
    const file = join(dir, 'rules.yml');
    const asRules = askedByDashboards().map(({ expr }, index) => ({ record: `panel:${index}`, expr }));
    await writeFile(file, JSON.stringify({ groups: [{ name: 'panels', rules: asRules }] }));
    expect(await promtool('check', 'rules', file)).toEqual(SOUND);
    await writeFile(file, JSON.stringify({ groups: [{ name: 'panels', rules: [{ record: 'a', expr: 'sum(' }] }] }));
    expect((await promtool('check', 'rules', file)).exitCode).not.toBe(0);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});

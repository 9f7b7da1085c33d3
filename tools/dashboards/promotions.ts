import type { DashboardSpec, PanelSpec } from './dashboard.ts';

// Every worker tells the same of the whole line: hence max.
const OF = 'stage=~"$stage"';
const lines = (title: string, unit: PanelSpec['unit'], description: string, ...queries: PanelSpec['queries']) =>
  ({ kind: 'lines', title, unit, description, queries }) as const;
const stat = (title: string, description: string, expr: string) =>
  ({ kind: 'stat', title, unit: 'short', description, width: 6, queries: [{ expr, legend: title }] }) as const;
const day = (metric: string, state: string): string =>
  `max by (stage) (increase(${metric}{${OF},state="${state}"}[1d]))`;

/** Promotions and what works on them. */
export const promotions: DashboardSpec = {
  uid: 'meshgate-promotions',
  title: 'Meshgate: promotions',
  description: 'Promotions by stage and state, drift, holds, and the workers and bots that carry them out.',
  choices: [{ label: 'stage', metric: 'meshgate_promotions' }],
  rows: [
    {
      title: 'Line',
      panels: [
        stat('Under way', 'Promotions that have not ended.', `sum(max by (stage, state) (meshgate_promotions{${OF}}))`),
        stat(
          'Held stages',
          'They stay until a person releases them.',
          `sum(max by (stage) (meshgate_stage_held{${OF}}))`,
        ),
        stat(
          'Stages that drift',
          'Something else is there than was promoted.',
          `sum(max by (stage, kind) (meshgate_stage_drift{${OF}}))`,
        ),
        stat(
          'Frozen stages',
          'And 1 more where the whole line is stopped.',
          `sum(max by (stage) (meshgate_stage_frozen{${OF}})) + max(meshgate_stopped)`,
        ),
        lines('By state', 'short', 'Promotions that have not ended.', {
          expr: `max by (stage, state) (meshgate_promotions{${OF}}) > 0`,
          legend: '{{stage}} {{state}}',
        }),
        lines('Oldest of each state', 's', 'How long the oldest promotion has been in its state.', {
          expr: `time() - min by (stage, state) (meshgate_promotion_oldest_since_timestamp_seconds{${OF}})`,
          legend: '{{stage}} {{state}}',
        }),
        lines(
          'Ended within a day',
          'short',
          'By how.',
          { expr: day('meshgate_promotions_ended_total', 'promoted'), legend: '{{stage}} promoted' },
          { expr: day('meshgate_promotions_ended_total', 'rejected'), legend: '{{stage}} rejected' },
          { expr: day('meshgate_promotions_ended_total', 'rolled-back'), legend: '{{stage}} rolled back' },
        ),
        lines(
          'How long they took',
          's',
          'From the request until it was promoted, gates and soaking included; mean of a day.',
          {
            expr: `${day('meshgate_promotions_ended_seconds_total', 'promoted')} / (${day('meshgate_promotions_ended_total', 'promoted')} > 0)`,
            legend: '{{stage}}',
          },
        ),
        lines('Drift', 'short', 'Where what is there differs from what was promoted.', {
          expr: `max by (stage, kind) (meshgate_stage_drift{${OF}}) > 0`,
          legend: '{{stage}} {{kind}}',
        }),
        lines('Age of what is live', 's', 'Since something was promoted into a stage.', {
          expr: `time() - max by (stage) (meshgate_stage_live_since_timestamp_seconds{${OF}})`,
          legend: '{{stage}}',
        }),
      ],
    },
    {
      title: 'Workers and bots',
      panels: [
        stat('Workers', 'That said within 15 s that they are there.', 'max(meshgate_workers)'),
        stat('Dead jobs', 'Failed at every attempt.', 'max(meshgate_dead_jobs)'),
        stat(
          'Unready',
          'Things that a process needs and does not reach.',
          'count(meshgate_health_check == 0) or vector(0)',
        ),
        stat('Waiting in inboxes', 'Came from Slack and is not done yet.', 'max(meshgate_bot_inbox_open)'),
        lines('Jobs', 'short', 'That run, and that wait for a worker.', {
          expr: 'max by (kind, state) (meshgate_jobs) > 0',
          legend: '{{kind}} {{state}}',
        }),
        lines('Longest wait', 's', 'Of a job that could run.', {
          expr: 'max by (kind) (meshgate_job_longest_wait_seconds)',
          legend: '{{kind}}',
        }),
        lines('CPU', 'percentunit', 'Of one core; the matrix runs Envoys beside.', {
          expr: 'rate(process_cpu_seconds_total{job=~"meshgate-(worker|bot)"}[$__rate_interval])',
          legend: '{{job}} {{instance}}',
        }),
        lines('Memory', 'bytes', 'Resident.', {
          expr: 'process_resident_memory_bytes{job=~"meshgate-(worker|bot)"}',
          legend: '{{job}} {{instance}}',
        }),
      ],
    },
  ],
};

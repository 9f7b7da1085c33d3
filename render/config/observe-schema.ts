import { z } from 'zod';
import type { ObserveSettings, PrometheusCheck } from './observe-settings.ts';
import { msOf, writtenDuration } from './written-duration.ts';

const text = z.string({ error: 'a text' }).min(1, 'a text that is not empty');
const share = (want: string) => z.number({ error: want }).min(0, want).max(1, want);
const WANT = /^(<=|>=|==|<|>)\s*(-?\d+(?:\.\d+)?(?:e-?\d+)?)$/;

const prometheus = z.strictObject({
  name: text.describe('What findings call it.'),
  url: z
    .url({ protocol: /^https?$/, error: 'an http(s) URL of a Prometheus server' })
    .describe('Of the server, without /api/v1; without credentials.'),
  query: text.describe('PromQL. A query that matches nothing is an error, never a pass.'),
  want: z
    .string({ error: 'a comparison such as ">= 0.99"' })
    .regex(WANT, 'a comparison such as ">= 0.99"')
    .describe('What every sample of the answer must hold.'),
});

export const observeSchema = z
  .strictObject({
    for: writtenDuration.optional().describe('How long the fleet is watched once it took the digest. Default: 5m.'),
    ack_share: share('a share above 0, up to 1')
      .refine((value) => value > 0, 'a share above 0, up to 1')
      .optional()
      .describe('The share of connected Envoys that must ACK. Default: 1.'),
    ack_within: writtenDuration.optional().describe('How long they may take. Default: 1m.'),
    sample: writtenDuration
      .refine((written) => msOf(written) >= 1_000 && msOf(written) <= 60_000, 'a duration from 1s to 60s')
      .optional()
      .describe('How long one sample of traffic is; Envoys must send their metrics at least so often. Default: 5s.'),
    min_requests: z
      .int({ error: 'a whole number from 1' })
      .min(1, 'a whole number from 1')
      .optional()
      .describe('With fewer requests, before or after, nobody can tell. Default: 100.'),
    significance: z
      .number({ error: 'a number above 0, up to 0.1' })
      .gt(0, 'a number above 0, up to 0.1')
      .max(0.1, 'a number above 0, up to 0.1')
      .optional()
      .describe('One-sided, of the tests "fails more often" and "is slower". Default: 0.001.'),
    tolerance: z
      .strictObject({
        failure_share: share('a share from 0 to 1').optional().describe('Default: 0.005.'),
        latency_factor: z
          .number({ error: 'a factor from 1' })
          .min(1, 'a factor from 1')
          .optional()
          .describe('Of the 99th percentile. Default: 1.25.'),
        latency_growth: writtenDuration
          .optional()
          .describe('Of the 99th percentile, which must have grown by more than this too. Default: 0s.'),
      })
      .optional()
      .describe('Smaller worsenings are not harm, however significant.'),
    without_traffic: z
      .boolean({ error: 'true or false' })
      .optional()
      .describe('Whether ACKs alone are enough where there is no traffic. Default: false, then people decide.'),
    prometheus: z
      .array(prometheus, { error: 'a list of questions' })
      .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, 'each name once')
      .optional(),
  })
  .describe('How the fleet is watched after a push. Settings of a stage win over those at the top, one by one.');
type Observe = z.output<typeof observeSchema>;

/** The settings of a stage over those at the top of `mesh.yaml`, over the defaults. */
export function observeSettings(top: Observe | undefined, stage: Observe | undefined): ObserveSettings {
  const set = { ...top, ...stage };
  const tolerance = { ...top?.tolerance, ...stage?.tolerance };
  return {
    forMs: msOf(set.for ?? '5m'),
    ackShare: set.ack_share ?? 1,
    ackWithinMs: msOf(set.ack_within ?? '1m'),
    sampleMs: msOf(set.sample ?? '5s'),
    minRequests: set.min_requests ?? 100,
    significance: set.significance ?? 0.001,
    tolerance: {
      failureShare: tolerance.failure_share ?? 0.005,
      latencyFactor: tolerance.latency_factor ?? 1.25,
      latencyGrowthMs: msOf(tolerance.latency_growth ?? '0s'),
    },
    withoutTraffic: set.without_traffic ?? false,
    prometheus: (set.prometheus ?? []).map(({ name, url, query, want }) => ({ name, url, query, want: wantOf(want) })),
  };
}

function wantOf(written: string): PrometheusCheck['want'] {
  const [, op = '==', value = '0'] = WANT.exec(written) ?? [];
  return { op: op as PrometheusCheck['want']['op'], value: Number(value) };
}

import type { Finding } from '../../render/finding.ts';
import { type Digest, type StageName, shortDigest } from '../../render/ids.ts';
import type { ObserveSettings } from '../access/policy.ts';
import type { Promotion } from '../promotion/promotion.ts';
import type { FleetView } from './fleet-view.ts';
import { type Acks, judgeAcks } from './judge-acks.ts';
import { judgeQueries } from './judge-queries.ts';
import { judgeTraffic } from './judge-traffic.ts';
import type { Observation } from './observation.ts';
import { type AskPrometheus, askPrometheus } from './prometheus.ts';

export type ObserveInput = {
  readonly stage: StageName;
  readonly digest: Digest;
  /** Undefined: nothing was live here before the push. */
  readonly baseDigest: Digest | undefined;
  readonly pushedAtEpochMs: number;
  readonly nowEpochMs: number;
  readonly settings: ObserveSettings;
  readonly fleet: FleetView;
  readonly ask: AskPrometheus;
  readonly signal: AbortSignal;
};

/** Between two looks. */
const LOOK_EVERY_MS = 1_000;
/** What happened so long ago is in the store: Envoy sends its metrics once a sample, and control planes store them as often. */
export const settleMs = ({ sampleMs }: Pick<ObserveSettings, 'sampleMs'>): number => 2 * sampleMs + 1_000;
/** At least so much of what was before the push is compared with what is after. */
const BEFORE_MS = 10 * 60_000;

/**
 * Looks once at how the fleet of a stage takes what was pushed. Everything comes from the store, the given times and, where there are
 * checks, Prometheus: it may be asked by any process, any number of times. A refusal, panic mode, failures and slowness are harm as
 * soon as they are seen; what nobody can tell is `inconclusive` at the end of its time and never a pass. Rejects when the store is gone.
 */
export async function observe(input: ObserveInput): Promise<Observation> {
  const { stage, digest, pushedAtEpochMs, nowEpochMs, settings, fleet } = input;
  const [nodes, controlPlanes] = await Promise.all([fleet.nodes(stage), fleet.controlPlanes(stage)]);
  const { ackShare, ackWithinMs, forMs } = settings;
  const acks = judgeAcks({ stage, digest, pushedAtEpochMs, nowEpochMs, ackShare, ackWithinMs, nodes, controlPlanes });
  if (acks.harm.length > 0) return { kind: 'harm', findings: acks.harm, document: documentOf(input, acks, {}) };

  const ackDeadline = pushedAtEpochMs + ackWithinMs;
  const endsAt = (acks.tookAtEpochMs ?? ackDeadline) + forMs;
  const decidedAt = endsAt + settleMs(settings);
  const last = nowEpochMs >= decidedAt;
  const traffic = await trafficOf(input, endsAt, last);
  const queries = await judgeQueries(
    { stage, checks: settings.prometheus, ask: input.ask, signal: input.signal },
    pushedAtEpochMs,
    nowEpochMs,
  );
  const harm = [...traffic.harm, ...queries.harm];
  const document = documentOf(input, acks, { traffic: traffic.figures, queries: queries.figures });
  if (harm.length > 0) return { kind: 'harm', findings: harm, document };

  if (acks.tookAtEpochMs === undefined) {
    if (nowEpochMs >= ackDeadline) return { kind: 'inconclusive', findings: acks.missing, document };
    return {
      kind: 'watching',
      progress: acks.progress,
      againAtEpochMs: Math.min(ackDeadline, nowEpochMs + LOOK_EVERY_MS),
    };
  }
  if (!last)
    return {
      kind: 'watching',
      progress: `${acks.progress}; ${traffic.summary}; watched for another ${seconds(decidedAt - nowEpochMs)}`,
      againAtEpochMs: Math.min(decidedAt, nowEpochMs + LOOK_EVERY_MS),
    };
  const unknown: readonly Finding[] = [...acks.missing, ...traffic.unknown, ...queries.unknown];
  return unknown.length > 0
    ? { kind: 'inconclusive', findings: unknown, document }
    : { kind: 'healthy', summary: `${acks.progress}; ${traffic.summary}`, document };
}

/**
 * Looks count by what there is to see, not by how often somebody looks: between two of them there is a new sample. What is newer than
 * `settleMs` may not be whole yet and is not looked at, but for panic mode, of which one request is enough.
 */
async function trafficOf(input: ObserveInput, endsAt: number, last: boolean) {
  const { stage, pushedAtEpochMs, nowEpochMs, settings, fleet, baseDigest } = input;
  const beforeMs = Math.max(BEFORE_MS, settings.forMs);
  const { sampleMs } = settings;
  const settled = Math.floor(Math.min(endsAt, nowEpochMs - settleMs(settings)) / sampleMs) * sampleMs;
  const [before, after] = await Promise.all([
    fleet.traffic(stage, pushedAtEpochMs - beforeMs, pushedAtEpochMs),
    fleet.traffic(stage, pushedAtEpochMs, Math.max(pushedAtEpochMs, Math.min(endsAt, nowEpochMs))),
  ]);
  const question = {
    stage,
    settings,
    before,
    first: baseDigest === undefined,
    looks: Math.max(1, Math.ceil((endsAt - pushedAtEpochMs) / sampleMs)),
    last,
  };
  const judged = judgeTraffic({ ...question, after: after.filter(({ toEpochMs }) => toEpochMs <= settled) });
  const newest = judgeTraffic({ ...question, after }).harm.filter(({ rule }) => rule === 'fleet-panic');
  return { ...judged, harm: [...judged.harm.filter(({ rule }) => rule !== 'fleet-panic'), ...newest] };
}

const seconds = (ms: number): string => `${Math.max(0, Math.ceil(ms / 1_000))} s`;

function documentOf(input: ObserveInput, acks: Acks, figures: object): string {
  const { stage, digest, baseDigest, pushedAtEpochMs, nowEpochMs, settings } = input;
  const { prometheus, ...kept } = settings;
  // The address of a server may hold a password.
  const checks = prometheus.map(({ name, query, want }) => ({ name, query, want }));
  const { applied, connected, tookAtEpochMs } = acks;
  const whole = {
    stage,
    digest: shortDigest(digest),
    baseDigest: baseDigest && shortDigest(baseDigest),
    pushedAtEpochMs,
    lookedAtEpochMs: nowEpochMs,
    settings: { ...kept, checks },
    acks: { applied, connected, tookAtEpochMs },
    ...figures,
  };
  return JSON.stringify(whole, undefined, 2);
}

/** What an engine asks: everything is in the promotion's record and the policy. Throws for a promotion that is not being observed. */
export const observer =
  (parts: { readonly fleet: FleetView; readonly ask?: AskPrometheus }) =>
  async (request: {
    readonly promotion: Promotion;
    readonly policy: { readonly observe: ObserveSettings };
    readonly nowEpochMs: number;
    readonly signal: AbortSignal;
  }): Promise<Observation> => {
    const { id, state, request: asked } = request.promotion;
    if (state.kind !== 'observing') throw new Error(`${id} is ${state.kind}, so there is nothing to observe`);
    return await observe({
      stage: asked.stage,
      digest: state.plan.digest,
      baseDigest: state.plan.base.digest,
      pushedAtEpochMs: state.delivered.atEpochMs,
      nowEpochMs: request.nowEpochMs,
      settings: request.policy.observe,
      fleet: parts.fleet,
      ask: parts.ask ?? askPrometheus,
      signal: request.signal,
    });
  };

import type { Policy } from '../../pipeline/access/policy.ts';
import { policyOf } from '../../pipeline/access/policy-of.ts';
import type { GateFacts } from '../../pipeline/gates/gate-facts.ts';
import type { EvidenceId, PersonId, PromotionId, Revision, TargetVersion } from '../../pipeline/ids.ts';
import { type Approval, bindingOf } from '../../pipeline/promotion/approval.ts';
import type { Plan, VerdictRecord } from '../../pipeline/promotion/plan.ts';
import type { Promotion, PromotionState } from '../../pipeline/promotion/promotion.ts';
import { emptyStage, type Landed, openLine } from '../../pipeline/stage/stage-record.ts';
import type { MeshConfig } from '../../render/config/mesh-config.ts';
import { parseMeshConfig } from '../../render/config/parse-mesh-config.ts';
import { renderFinding } from '../../render/finding.ts';
import type { Digest, StageName } from '../../render/ids.ts';
import type { JsonObject } from '../../render/json.ts';
import { readPlacedYaml } from '../../render/load/yaml/read-placed-yaml.ts';

export const T0 = Date.parse('2026-11-18T09:00:00Z'); // a Wednesday
export const CANARY = 'canary' as StageName;

/** Two stages; canary asks for everything that a stage can ask for. */
export const MESH_TEXT = `
envoy: ["1.40.0"]
access:
  people:
    ada: { slack: [T01/U0ADA], unix: [ada], emails: [ada@shop.example] }
    bo: { slack: [T01/U0BO], emails: [bo@shop.example] }
    cyd: { slack: [T01/U0CYD], emails: [cyd@shop.example] }
    dan: { slack: [T01/U0DAN], emails: [dan@shop.example] }
  groups:
    managers: { members: [ada, bo, cyd], slack_user_group: S0MANAGERS }
    payments: { members: [dan, cyd] }
  roles: { request: [managers, payments], break-glass: [managers] }
owners: [{ paths: ["routes/payments/**"], group: payments }]
stages:
  - { name: beta, gates: { auto: true } }
  - name: canary
    gates:
      soak: 1h
      approvals: { count: 2, group: managers, expire: 24h }
      freeze: [{ start: "0 15 * * FRI", duration: 66h, reason: weekend }]
`;

export function meshOf(text: string): MeshConfig {
  const { documents } = readPlacedYaml('mesh.yaml', text);
  const { config, findings } = parseMeshConfig('/config', 'mesh.yaml', documents[0] as JsonObject, []);
  if (!config) throw new Error(findings.map(renderFinding).join('\n'));
  return config;
}
export const policyFor = (text = MESH_TEXT, stage = CANARY): Policy => policyOf(meshOf(text), stage);
export const POLICY = policyFor();

export const revision = (n: number): Revision => String(n).repeat(40).slice(0, 40) as Revision;
export const digest = (n: number): Digest => String(n).repeat(64).slice(0, 64) as Digest;

export const planOn = (change: Partial<Plan> = {}): Plan => ({
  revision: revision(2),
  digest: digest(2),
  base: { targetVersion: 'v1' as TargetVersion, digest: digest(1), revision: revision(1) },
  policyVersion: POLICY.version,
  nextPolicyVersion: POLICY.version,
  diff: 'diff' as EvidenceId,
  summary: '1 route changed',
  blastRadius: '1 of 8 clusters',
  authors: [{ name: 'Eve', email: 'eve@shop.example' }],
  touchedPaths: ['routes/search.yaml'],
  findings: [],
  ...change,
});
export const verdictOn = (plan: Plan, change: Partial<VerdictRecord> = {}): VerdictRecord => ({
  id: 'verdict-1',
  verdict: 'pass',
  digest: plan.digest,
  baseDigest: plan.base.digest,
  atEpochMs: T0,
  cells: [{ envoy: '1.40.0', verdict: change.verdict ?? 'pass', cached: false }],
  report: 'report' as EvidenceId,
  ...change,
});

export const PLAN = planOn();
export const VERDICT = verdictOn(PLAN);
const BINDING = bindingOf(PLAN, VERDICT);
export const person = (name: string): PersonId => name as PersonId;

export const approvalBy = (name: string, groups: readonly string[], change: Partial<Approval> = {}): Approval => ({
  by: person(name),
  binding: BINDING,
  atEpochMs: T0,
  groups,
  emails: [`${name}@shop.example`],
  comment: '',
  ...change,
});

export const GATING = { kind: 'gating', plan: PLAN, verdict: VERDICT, sinceEpochMs: T0 } as const;

export const promotionIn = (state: PromotionState, change: Partial<Promotion> = {}): Promotion => ({
  id: 'canary-1' as PromotionId,
  request: {
    stage: CANARY,
    purpose: 'promote',
    revision: revision(2),
    digest: undefined,
    by: { kind: 'person', person: person('dan'), via: 'slack' },
    atEpochMs: T0,
    reason: '',
    retryOf: undefined,
  },
  state,
  approvals: [],
  glass: undefined,
  version: 5,
  ...change,
});

export const landedWith = (n: number, atEpochMs: number): Landed => ({
  digest: digest(n),
  revision: revision(n),
  policyVersion: POLICY.version,
  promotion: `beta-${n}` as PromotionId,
  targetVersion: `b${n}` as TargetVersion,
  atEpochMs,
});
const BETA = 'beta' as StageName;
export const BETA_WITH_2 = {
  ...emptyStage(BETA),
  live: landedWith(2, T0 - 3_600_000),
  past: [landedWith(1, T0 - 9e7)],
};

/** Facts under which every gate but approvals is open. */
export const factsOf = (change: Partial<GateFacts> = {}): GateFacts => ({
  nowEpochMs: T0,
  promotion: promotionIn(GATING),
  policy: POLICY,
  line: openLine,
  stage: { ...emptyStage(CANARY), live: landedWith(1, T0 - 9e7) },
  previous: BETA_WITH_2,
  ...change,
});

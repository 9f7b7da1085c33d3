import { EVERYBODY } from '../../../render/config/access-config.ts';
import type { Finding } from '../../../render/finding.ts';
import type { StageName } from '../../../render/ids.ts';
import { wantOneOf } from '../../../render/nearest-names.ts';
import { type AccessDecision, mayDo } from '../../access/may-do.ts';
import { peopleDirectory } from '../../access/people-directory.ts';
import type { Policy, Role } from '../../access/policy.ts';
import { policyOf } from '../../access/policy-of.ts';
import { engineFinding } from '../../engine/engine-finding.ts';
import type { EnginePorts } from '../../engine/ports.ts';
import { type ReadableMesh, readableMesh } from '../../engine/source/readable-mesh.ts';
import { PolicyUnknown, policyAt, rulingRevision } from '../../engine/step.ts';
import type { Sql } from '../../engine/timers.ts';
import type { Actor, PersonId, PromotionId, Revision } from '../../ids.ts';
import type { Promotion } from '../../promotion/promotion.ts';
import type { PipelineTransaction } from '../../store/pipeline-store.ts';
import { StoreError } from '../../store/store-error.ts';
import type { Answer } from '../answer.ts';
import { refused } from '../answers.ts';
import type { Command } from '../command.ts';
import type { Caller, Person } from '../pipeline.ts';

/** Why a command is refused; thrown by what looks, and answered and audited in one place. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly finding: Finding;
  constructor(finding: Finding) {
    super(finding.saw);
    this.finding = finding;
  }
}
export const refuse = (rule: string, stage: StageName | undefined, saw: string, want: string): never => {
  throw new Refusal(engineFinding(rule, stage, saw, want));
};

/** Somebody in a stage: who they are there, and what holds there. */
export type Standing = { readonly person: Person; readonly policy: Policy; readonly actor: Actor };

/** What commands look at before they store anything. Everything that it cannot tell is a refusal. */
export type Desk = {
  readonly ports: EnginePorts;
  readonly caller: Caller;
  readonly signal: AbortSignal;
  /** As of the head, or what stands in for a head that cannot be read; looked up once. */
  mesh(): Promise<ReadableMesh>;
  /** Of `mesh`, in promotion order. */
  stages(): Promise<readonly StageName[]>;
  stage(name: StageName): Promise<StageName>;
  promotion(id: PromotionId): Promise<Promotion>;
  /** Asking needs no role: being a person of this mesh, under the `access:` of `mesh`, is enough. */
  somebody(): Promise<void>;
  /** `proposed`: whose policy holds where nothing is live yet; default `mesh`. */
  standing(stage: StageName, proposed?: Revision): Promise<Standing>;
  standingWith(role: Role, stage: StageName, proposed?: Revision): Promise<Standing>;
};

export function openDesk(ports: EnginePorts, caller: Caller, signal: AbortSignal): Desk {
  const { store, slack } = ports;
  let mesh: Promise<ReadableMesh> | undefined;
  const desk: Desk = {
    ports,
    caller,
    signal,
    mesh: () => {
      mesh ??= readableMesh(ports, signal);
      return mesh;
    },
    async stages() {
      const { config } = await desk.mesh();
      return config.stages.map(({ name }) => name);
    },
    async stage(name) {
      // Also one that the head has no more: what is live there can still be taken back or frozen.
      if ((await store.read.stage(name)).live) return name;
      const known = await desk.stages();
      if (known.includes(name)) return name;
      return refuse(
        'no-such-stage',
        undefined,
        `the stage ${JSON.stringify(name)}`,
        wantOneOf('a stage of the mesh', name, known),
      );
    },
    async promotion(id) {
      const found = await store.read.promotion(id);
      if (found) return found;
      const known = (await store.read.promotions({ limit: 50 })).map((promotion) => promotion.id);
      return refuse(
        'unknown-promotion',
        undefined,
        `the promotion ${JSON.stringify(id)}`,
        wantOneOf('a promotion', id, known),
      );
    },
    async somebody() {
      const { config } = await desk.mesh();
      const [first] = config.stages;
      if (!first) return;
      const policy = policyOf(config, first.name);
      const person = await peopleDirectory(policy, slack).personOf(caller);
      // A member of the Slack workspace may ask; a login says nothing unless `access:` names it.
      const isNobody = !person || (caller.identity.startsWith('unix:') && !person.groups.includes(EVERYBODY));
      if (isNobody)
        refuse(
          'unknown-caller',
          undefined,
          `${caller.identity}, who is nobody of this mesh`,
          'somebody of access.people or of one of its groups',
        );
    },
    async standing(name, proposed) {
      const ruling = rulingRevision(await store.read.stage(name), proposed ?? (await desk.mesh()).revision);
      const policy = await policyAt(ports, ruling, name, signal);
      const person = await peopleDirectory(policy, slack).personOf(caller);
      if (!person)
        return refuse(
          'unknown-caller',
          name,
          `${caller.identity}, who is nobody of this mesh`,
          'somebody of access.people or of one of its groups',
        );
      return { person, policy, actor: actorOf(person.id, caller) };
    },
    async standingWith(role, name, proposed) {
      const standing = await desk.standing(name, proposed);
      allowed(mayDo(standing.person, role, standing.policy));
      return standing;
    },
  };
  return desk;
}

export function allowed(decision: AccessDecision): void {
  if (decision.kind === 'refused') throw new Refusal(decision.finding);
}

const actorOf = (person: PersonId, { via }: Caller): Actor => ({ kind: 'person', person, via });

/** Every refusal is a row of the audit log, under the identity of the face when nobody could tell more. */
export async function auditRefusal(desk: Desk, command: Command, finding: Finding): Promise<Answer> {
  const promotion = 'promotion' in command ? command.promotion : undefined;
  const stage = 'stage' in command ? command.stage : (finding.stage as StageName | undefined);
  const actor = actorOf(desk.caller.identity as PersonId, desk.caller);
  return decide(desk, async (tx) => {
    await tx.append(actor, { kind: 'refusal', action: command.kind, stage, promotion, finding });
    return refused(finding, promotion);
  });
}

/** What went wrong as a finding where that is an answer; rejects with the fault where nothing can be stored any more. */
export function findingOf(fault: unknown, stage: StageName | undefined): Finding {
  if (fault instanceof Refusal) return fault.finding;
  if (fault instanceof StoreError) throw fault;
  const saw = fault instanceof Error ? fault.message : String(fault);
  if (fault instanceof PolicyUnknown)
    return engineFinding('policy-unknown', stage, saw, 'a revision whose mesh.yaml can be read');
  if (fault instanceof Error && fault.name === 'PeopleError')
    return engineFinding('unknown-caller', stage, saw, 'to be asked again once that can be told');
  return engineFinding('could-not-tell', stage, saw, 'to be asked again; nothing was done');
}

/**
 * Reads, decides and stores as of one moment: what `work` throws is a refusal, and nothing of it is stored. The answer is kept with it
 * where the face named the request, so that asking again tells the same and does nothing.
 */
export const decide = ({ ports, caller }: Desk, work: (tx: PipelineTransaction) => Promise<Answer>): Promise<Answer> =>
  ports.store.transact(async (tx) => {
    const before = await keptAnswer(tx, caller);
    if (before) return before;
    const answer = await work(tx);
    await keepAnswer(tx, caller, answer);
    return answer;
  });

export const answeredBefore = ({ ports, caller }: Desk): Promise<Answer | undefined> => keptAnswer(ports.store, caller);

const nameOfRequest = ({ identity, request }: Caller): string => `${identity} ${request}`;

async function keptAnswer(db: Sql, caller: Caller): Promise<Answer | undefined> {
  if (caller.request === undefined) return undefined;
  const [row] = await db.sql<{ readonly answer: string }>(
    'select answer from meshgate.engine_request where request = $1',
    [nameOfRequest(caller)],
  );
  return row && (JSON.parse(row.answer) as Answer);
}

async function keepAnswer(tx: PipelineTransaction, caller: Caller, answer: Answer): Promise<void> {
  if (caller.request === undefined) return;
  await tx.sql(
    'insert into meshgate.engine_request (request, at_epoch_ms, answer) values ($1, $2, $3) on conflict do nothing',
    [nameOfRequest(caller), tx.nowEpochMs, JSON.stringify(answer)],
  );
}

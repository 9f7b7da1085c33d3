import type { AuditRecord } from '../../pipeline/audit/audit-record.ts';
import { deliveredSnapshot } from '../../pipeline/engine/delivered-snapshot.ts';
import type { PromotionEvent } from '../../pipeline/promotion/events.ts';
import type { Plan } from '../../pipeline/promotion/plan.ts';
import type { PipelineStore } from '../../pipeline/store/pipeline-store.ts';
import { blastRadius } from '../../render/diff/blast-radius.ts';
import { diffSnapshots } from '../../render/diff/snapshot-diff.ts';
import type { StageName } from '../../render/ids.ts';
import { makeSnapshot } from '../../render/snapshot.ts';
import { plainText } from './plain-text.ts';

export type TermScope = 'person' | 'service' | 'digest';
/** A name in a row, as it is looked for. */
export type Term = { readonly scope: TermScope; readonly term: string };

/** Longer names are found by their beginning. */
const LONGEST_TERM = 200;

/** As terms are kept and asked for: people do not remember capitals. */
export const folded = (text: string): string => plainText(text.trim()).toLowerCase().slice(0, LONGEST_TERM);

/** Every name that somebody may look for the row by. */
export async function termsOf(record: AuditRecord, store: PipelineStore): Promise<readonly Term[]> {
  const { actor, subject } = record;
  const people: string[] = actor.kind === 'person' ? [actor.person] : [];
  const digests: string[] = [];
  const services: string[] = [];
  if (subject.kind === 'promotion') {
    people.push(...peopleIn(subject.event));
    digests.push(...digestsIn(subject.event));
    if (subject.event.kind === 'planned') services.push(...(await changedIn(subject.stage, subject.event.plan, store)));
  }
  if (subject.kind === 'stage' && subject.event.kind === 'landed')
    digests.push(subject.event.landed.digest, subject.event.landed.revision);
  if (subject.kind === 'stage' && subject.event.kind === 'drift-found')
    digests.push(subject.event.drift.saw, subject.event.drift.want ?? '');
  const terms = (scope: TermScope, names: readonly string[]): Term[] =>
    [...new Set(names.map(folded))].filter((term) => term !== '').map((term) => ({ scope, term }));
  return [
    ...terms('person', people.flatMap(withoutFace)),
    ...terms(
      'digest',
      digests.filter((digest) => /^[0-9a-f]{40,64}$/.test(digest)),
    ),
    ...terms('service', services),
  ];
}

/** `unix:ada` is looked for as `ada`, too. */
const withoutFace = (person: string): string[] => [person, person.replace(/^(unix:|slack:[^/]*\/)/, '')];

function peopleIn(event: PromotionEvent): readonly string[] {
  switch (event.kind) {
    case 'requested':
      return event.request.by.kind === 'person' ? [event.request.by.person] : [];
    case 'planned':
      return event.plan.authors.flatMap(({ name, email }) => [name, email]);
    case 'push-intended':
      return event.approvedBy;
    default:
      return [];
  }
}

function digestsIn(event: PromotionEvent): readonly string[] {
  switch (event.kind) {
    case 'requested':
      return [event.request.revision, event.request.digest ?? ''];
    case 'planned':
      return [event.plan.digest, event.plan.revision, event.plan.base.digest ?? '', event.plan.base.revision ?? ''];
    case 'verified':
      return [event.verdict.digest];
    default:
      return [];
  }
}

/** What a plan changes, and the clusters that it reaches. Where the snapshots are not kept, nobody can tell. */
async function changedIn(stage: StageName, { digest, base }: Plan, store: PipelineStore): Promise<readonly string[]> {
  const after = await deliveredSnapshot(store, stage, digest).catch(() => undefined);
  if (!after) return [];
  const before =
    base.digest === undefined
      ? makeSnapshot(stage, [])
      : await deliveredSnapshot(store, stage, base.digest).catch(() => undefined);
  if (!before) return [];
  const diff = diffSnapshots(before, after);
  const { clusters } = blastRadius(before, after, diff);
  return [
    ...[...diff.added, ...diff.removed].map(({ name }) => name),
    ...diff.changed.map(({ after: resource }) => resource.name),
    ...clusters,
  ];
}

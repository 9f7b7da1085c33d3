type Id<Brand> = string & { readonly brand: Brand };

/** `canary-17`: the stage and a counter of its own, so that people can say it. */
export type PromotionId = Id<'PromotionId'>;
/** `verify:7`: a revision that is proved without a promotion. No stage's name has a colon. */
export type VerificationId = Id<'VerificationId'>;
/** A git commit of the mesh config, whole, in lower-case hex. */
export type Revision = Id<'Revision'>;
/**
 * One human being, whichever face they come through: a name of `access.people` in `mesh.yaml`, else the canonical id of the face
 * (`slack:T012AB/U345CD`, `unix:ada`). Authorisation compares these and never a display name.
 */
export type PersonId = Id<'PersonId'>;
/** Content hash of the gates, access and owners that a promotion is judged under. */
export type PolicyVersion = Id<'PolicyVersion'>;
/** What a target calls one state of its content: a commit, a revision number, an entity tag. Never reused, so that a late push of a stalled worker loses. */
export type TargetVersion = Id<'TargetVersion'>;
/** Content hash of a stored document (a diff, a verdict's report, a sample of the fleet). */
export type EvidenceId = Id<'EvidenceId'>;

/** Who did something: a person, or Meshgate itself with the reason it had. */
export type Actor =
  | { readonly kind: 'person'; readonly person: PersonId; readonly via: 'slack' | 'cli' | 'board' }
  | { readonly kind: 'system'; readonly part: 'auto' | 'pipeline' | 'observer' | 'drift' | 'watchdog' };

export const actorName = (actor: Actor): string =>
  actor.kind === 'person' ? actor.person : `meshgate (${actor.part})`;

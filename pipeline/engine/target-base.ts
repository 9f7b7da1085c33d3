import type { Finding } from '../../render/finding.ts';
import { shortDigest } from '../../render/ids.ts';
import type { Request } from '../promotion/promotion.ts';
import type { Landed } from '../stage/stage-record.ts';
import type { Delivery, Held } from '../targets/target.ts';
import { engineFinding } from './engine-finding.ts';
import type { EnginePorts } from './ports.ts';

export type TargetBase =
  /** To be verified from. `note`: what people should know of it. */
  | { readonly kind: 'base'; readonly note: Finding | undefined }
  /** Somebody has to put it back, or take what is there. */
  | { readonly kind: 'drift'; readonly finding: Finding };

/**
 * Whether a promotion of `revision` may start from what the target holds. It may from what is live; and from what another Meshgate
 * delivered since, if that is a commit of the protected branch that `revision` contains, rendered to exactly these bytes: then nothing
 * gets lost and it is verified again, from there. Anything else is drift, which people decide on.
 */
export async function targetBase(
  held: Held,
  live: Landed | undefined,
  { stage, revision }: Pick<Request, 'stage' | 'revision'>,
  ports: EnginePorts,
  signal: AbortSignal,
): Promise<TargetBase> {
  const drift = notAsPromoted(held, live?.digest, stage);
  if (!drift) return { kind: 'base', note: undefined };
  if (held.kind !== 'delivery' || !(await isOfThisMesh(held.delivery, { stage, revision }, ports, signal)))
    return { kind: 'drift', finding: drift };
  const { digest, promotion, revision: theirs } = held.delivery.manifest;
  const saw = `${shortDigest(digest)} of ${theirs.slice(0, 12)}, which ${promotion} of another Meshgate delivered there`;
  const want =
    'it is verified from there, and replaces it; a target is for one Meshgate: see to it that no other writes to it';
  return { kind: 'base', note: { ...engineFinding('base-of-another', stage, saw, want), severity: 'warning' } };
}

async function isOfThisMesh(
  { manifest, snapshot }: Delivery,
  { stage, revision }: Pick<Request, 'stage' | 'revision'>,
  { store, source, revisions }: EnginePorts,
  signal: AbortSignal,
): Promise<boolean> {
  // What a manifest says is text that anybody may have written: what the repository renders is what counts.
  if (manifest.stage !== stage || manifest.direction !== 'forward') return false;
  // A push of this Meshgate that never settled may be what hurts: it is no base to go back to.
  const own = await store.read.promotion(manifest.promotion);
  if (own && own.request.revision === manifest.revision) return false;
  const known = await source.resolve(manifest.revision, signal);
  if (known !== manifest.revision || !(await source.isReachable(known, signal))) return false;
  if (!(await source.isAncestor(known, revision, signal))) return false;
  return (await revisions.stage(known, stage, undefined, signal))?.snapshot?.digest === snapshot.digest;
}

/** In the words of drift. */
function notAsPromoted(held: Held, live: string | undefined, stage: Request['stage']): Finding | undefined {
  const want = `what was promoted there${live === undefined ? '' : ` (${live.slice(0, 12)})`}; "reconcile ${stage}" puts it back, "adopt ${stage}" takes what is there`;
  if (held.kind === 'foreign') return engineFinding('target-not-as-promoted', stage, held.problem, want);
  const saw = held.kind === 'empty' ? undefined : held.delivery.snapshot.digest;
  if (live === undefined || saw === live) return undefined;
  return engineFinding(
    'target-not-as-promoted',
    stage,
    saw === undefined ? 'nothing' : `the digest ${saw.slice(0, 12)}`,
    want,
  );
}

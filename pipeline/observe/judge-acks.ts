import type { Finding } from '../../render/finding.ts';
import { type Digest, type StageName, shortDigest } from '../../render/ids.ts';
import type { ControlPlaneState, FleetNode } from './fleet-view.ts';
import { observeFinding } from './rules.ts';

export type AckQuestion = {
  readonly stage: StageName;
  readonly digest: Digest;
  readonly pushedAtEpochMs: number;
  readonly nowEpochMs: number;
  readonly ackShare: number;
  readonly ackWithinMs: number;
  readonly nodes: readonly FleetNode[];
  readonly controlPlanes: readonly ControlPlaneState[];
};

/** How far the fleet is with a digest. */
export type Acks = {
  readonly applied: number;
  readonly connected: number;
  /** `37/40 Envoys ACKed`. */
  readonly progress: string;
  /** When the wanted share had it; undefined: it has not. Never after the time that they may take. */
  readonly tookAtEpochMs: number | undefined;
  /** Somebody refused it. */
  readonly harm: readonly Finding[];
  /** Why nobody could tell, were it over now. */
  readonly missing: readonly Finding[];
};

/** More of the Envoys than this went away after the push: what is left does not speak for all. */
const LEFT_SHARE = 0.2;
const NAMED = 10;

/** Pure: everything comes from what control planes stored. */
export function judgeAcks(question: AckQuestion): Acks {
  const { stage, digest, pushedAtEpochMs, ackShare, ackWithinMs, nodes, controlPlanes } = question;
  const connected = nodes.filter(({ state }) => state !== 'gone');
  const applied = connected.filter((node) => node.state === 'applied' && node.servedDigest === digest);
  const left = nodes.filter(
    (node) =>
      node.state === 'gone' &&
      node.stateSinceEpochMs >= pushedAtEpochMs &&
      node.connectedSinceEpochMs < pushedAtEpochMs + ackWithinMs,
  );
  const harm = connected
    .filter((node) => node.state === 'refused' && node.servedDigest === digest)
    .flatMap((node) => refusalOf(stage, node));
  const needed = Math.ceil(ackShare * connected.length - 1e-9);
  const enough = connected.length > 0 && applied.length >= Math.max(1, needed);
  const inOrder = applied.map(({ stateSinceEpochMs }) => stateSinceEpochMs).sort((a, b) => a - b);
  const tookAt = enough ? (inOrder[Math.max(1, needed) - 1] ?? pushedAtEpochMs) : undefined;
  const tookAtEpochMs =
    tookAt === undefined ? undefined : Math.min(Math.max(tookAt, pushedAtEpochMs), pushedAtEpochMs + ackWithinMs);
  const want = `${percent(ackShare)} of the connected Envoys acknowledge ${shortDigest(digest)} within ${ackWithinMs / 1_000} s`;
  const missing: Finding[] = [];
  if (connected.length === 0)
    missing.push(observeFinding('fleet-empty', stage, `no connected Envoy${namesOf(left, 'went away: ')}`, want));
  else if (!enough) {
    const silent = connected.filter((node) => !applied.includes(node) && node.state !== 'refused');
    missing.push(
      observeFinding(
        'fleet-silent',
        stage,
        `${applied.length} of ${connected.length}${namesOf(silent, 'silent: ')}`,
        want,
      ),
    );
  }
  if (!enough && !controlPlanes.some(({ servedDigest }) => servedDigest === digest))
    missing.push(
      observeFinding('fleet-unserved', stage, servedInstead(controlPlanes), `one that serves ${shortDigest(digest)}`),
    );
  if (left.length > LEFT_SHARE * (left.length + connected.length) && connected.length > 0)
    missing.push(
      observeFinding(
        'fleet-left',
        stage,
        `${left.length} of ${left.length + connected.length} Envoys went away after the push${namesOf(left, '')}`,
        `at most ${percent(LEFT_SHARE)} of them`,
      ),
    );
  const progress = `${applied.length}/${connected.length} Envoys ACKed`;
  return { applied: applied.length, connected: connected.length, progress, tookAtEpochMs, harm, missing };
}

const percent = (share: number): string => `${Math.round(share * 1_000) / 10} %`;

function namesOf(nodes: readonly FleetNode[], lead: string): string {
  if (nodes.length === 0) return '';
  const names = nodes
    .slice(0, NAMED)
    .map(({ nodeId, envoyVersion }) => `${nodeId} (Envoy ${envoyVersion || 'unknown'})`);
  return `; ${lead}${names.join(', ')}${nodes.length > NAMED ? ` and ${nodes.length - NAMED} more` : ''}`;
}

function servedInstead(controlPlanes: readonly ControlPlaneState[]): string {
  if (controlPlanes.length === 0) return 'no control plane of the stage was heard of';
  return controlPlanes
    .map(
      ({ id, servedDigest, problem }) =>
        `control plane ${id} serves ${servedDigest ? shortDigest(servedDigest) : 'nothing'}${problem ? `: ${problem}` : ''}`,
    )
    .join('; ');
}

/** What one Envoy refuses: a finding for each type. */
export function refusalOf(stage: StageName, node: FleetNode): Finding[] {
  return node.nacks.map(({ typeUrl, resourceNames, errorDetail }) => {
    const named = resourceNames.filter((name) => errorDetail.includes(name));
    const type = typeUrl.slice(typeUrl.lastIndexOf('.') + 1);
    const which = (named.length > 0 ? named : resourceNames).slice(0, NAMED).join(', ');
    return observeFinding(
      'fleet-nack',
      stage,
      `${node.nodeId} refused ${type}${which === '' ? '' : ` (${which})`}: ${errorDetail || 'no words'}`,
      'every Envoy of the stage takes it',
      {
        ...(which === '' ? {} : { resource: `${type} ${which}` }),
        ...(node.envoyVersion === '' ? {} : { envoy: [node.envoyVersion] }),
      },
    );
  });
}

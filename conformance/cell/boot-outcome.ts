import { newestApiSet } from '../../render/api/api-set.ts';
import { checkMessage } from '../../render/api/check-message.ts';
import type { Finding } from '../../render/finding.ts';
import { hasErrors } from '../../render/finding.ts';
import { isJsonObject, type JsonObject } from '../../render/json.ts';
import { RESOURCE_TYPES, type Resource, type ResourceKind, resourceLabel } from '../../render/resource.ts';
import { resourcesOf, type Snapshot } from '../../render/snapshot.ts';
import { AdminError, askAdmin } from '../admin/admin-client.ts';
import { type ConfigDump, readConfigDump } from '../admin/config-dump.ts';
import { readListeners } from '../admin/listeners.ts';
import { readStats } from '../admin/stats.ts';
import { pollUntil } from '../poll-until.ts';
import type { BootedEnvoy } from './boot.ts';
import { COUNTER_PATTERN, counterFindings } from './counter-findings.ts';
import { heldFindings } from './held-findings.ts';
import { nackFindings } from './nack-findings.ts';

/** How long an Envoy may take to ACK everything, and to get ready after that. */
const APPLY_DEADLINE_MS = 15_000;
const READY_DEADLINE_MS = 15_000;

/**
 * Waits until the Envoy has taken what it is served, or has not, and says what there is to find fault with: NACKs, a crash,
 * resources that stay in warming, fields that it dropped, listeners that do not listen. No error finding: it booted.
 */
export async function judgeBoot(
  booted: BootedEnvoy,
  snapshot: Snapshot,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const envoy = booted.release.version;
  const whole = {
    stage: snapshot.stage,
    envoy: [envoy],
    at: snapshot.resources[0]?.at ?? NOWHERE,
    severity: 'error',
  } as const;
  const end = booted.envoy.ended.then((how) => ({ kind: 'ended', how }) as const);
  const applied = await Promise.race([booted.awaitApplied(APPLY_DEADLINE_MS), end]);
  signal.throwIfAborted();
  if (applied.kind === 'ended') return [crashFinding(booted, whole)];
  if (applied.kind === 'nacked') {
    const nacks = applied.nacks.flatMap(({ typeUrl, errorDetail }) =>
      nackFindings(snapshot, typeUrl, errorDetail, envoy),
    );
    return [...nacks, ...(await takenFindings(booted, snapshot, whole, signal).catch(() => []))];
  }
  try {
    const ready = await Promise.race([awaitReady(booted, signal), end]);
    if (ready.kind === 'ended') return [crashFinding(booted, whole)];
    const dump = await readConfigDump(booted.envoy.adminUrl, { signal });
    if (applied.kind === 'silent' || ready.kind === 'not-ready' || dump.warming.length > 0) {
      return [...warmingFindings(snapshot, dump, envoy), ...silentFinding(applied, ready, dump, whole)];
    }
    return await takenFindings(booted, snapshot, whole, signal, dump);
  } catch (error) {
    // Its admin went away in the middle of a question: that is Envoy's end, not the harness's fault.
    const ended = await Promise.race([end, Promise.resolve(undefined)]);
    if (error instanceof AdminError && ended) return [crashFinding(booted, whole)];
    throw error;
  }
}

const NOWHERE = { file: 'mesh.yaml', line: 1, column: 1 };
type Whole = Pick<Finding, 'at' | 'severity'> & { readonly stage: string; readonly envoy: readonly string[] };

const crashFinding = (booted: BootedEnvoy, whole: Whole): Finding => ({
  ...whole,
  rule: 'envoy-crashed',
  saw: `Envoy ${booted.release.version} ended while it took the configuration; its last lines:\n${booted.envoy.log().trimEnd().split('\n').slice(-50).join('\n')}`,
  want: 'an Envoy that keeps running',
});

type Ready = { readonly kind: 'ready' } | { readonly kind: 'not-ready'; readonly answer: string };

async function awaitReady(booted: BootedEnvoy, signal: AbortSignal): Promise<Ready> {
  let answer = 'no answer';
  try {
    return await pollUntil('Envoy ready', READY_DEADLINE_MS, signal, async () => {
      try {
        await askAdmin(booted.envoy.adminUrl, '/ready', 'GET', { signal });
        return { kind: 'ready' } as const;
      } catch (error) {
        answer = error instanceof Error ? error.message : String(error);
        return undefined;
      }
    });
  } catch {
    signal.throwIfAborted();
    return { kind: 'not-ready', answer };
  }
}

function warmingFindings(snapshot: Snapshot, dump: ConfigDump, envoy: string): Finding[] {
  return dump.warming.map((label) => {
    const resource = snapshot.resources.find((known) => resourceLabel(known) === label);
    return {
      rule: 'not-warmed',
      severity: 'error',
      at: resource?.at ?? snapshot.resources[0]?.at ?? NOWHERE,
      saw: `Envoy ${envoy} took ${label} but still waits for what it needs (endpoints, routes or secrets that nobody serves, or a first answer of its hosts)`,
      want: 'every resource active',
      resource: label,
      stage: snapshot.stage,
      envoy: [envoy],
    };
  });
}

function silentFinding(
  applied: { readonly kind: string; readonly types?: readonly string[] },
  ready: Ready,
  dump: ConfigDump,
  whole: Whole,
): Finding[] {
  if (dump.warming.length > 0) return [];
  const silent = applied.kind === 'silent' ? ` no answer for ${(applied.types ?? []).join(', ')};` : '';
  const state = ready.kind === 'not-ready' ? ready.answer : 'ready';
  return [
    {
      ...whole,
      rule: 'not-ready',
      saw: `Envoy did not take everything in time:${silent} ${state}`,
      want: 'everything ACKed, and /ready answering 200',
    },
  ];
}

/** Once it is up: does it hold what it was sent, and listen where it should? */
async function takenFindings(
  booted: BootedEnvoy,
  snapshot: Snapshot,
  whole: Whole,
  signal: AbortSignal,
  known?: ConfigDump,
): Promise<Finding[]> {
  const { adminUrl } = booted.envoy;
  const envoy = booted.release.version;
  const [dump, stats, listening] = await Promise.all([
    known ?? readConfigDump(adminUrl, { signal }),
    readStats(adminUrl, COUNTER_PATTERN, { signal }),
    readListeners(adminUrl, { signal }),
  ]);
  const held = heldFindings({ snapshot, served: booted.served(), held: dump.held, envoy, canonical: canonicalDump });
  const droppedKnown = held.some(({ rule }) => rule === 'field-dropped');
  const counters = counterFindings({ snapshot, envoy, stats, log: booted.envoy.log(), droppedKnown });
  const mute = hasErrors(held)
    ? []
    : resourcesOf(snapshot, 'listener').filter((listener) => bindsTcp(listener) && !listening.has(listener.name));
  return [
    ...held,
    ...counters,
    ...mute.map((listener) => ({
      ...whole,
      rule: 'listener-not-listening',
      at: listener.at,
      saw: `Envoy ${envoy} ACKed the listener but does not listen for it`,
      want: 'a listener that accepts connections',
      resource: resourceLabel(listener),
    })),
  ];
}

/** A dump as the canonical JSON that resources are kept in, so that the two can be compared member by member. */
const canonicalDump = (kind: ResourceKind, body: JsonObject): JsonObject =>
  checkMessage(newestApiSet(), RESOURCE_TYPES[kind].message, body, { at: NOWHERE }).body;

const bindsTcp = ({ body }: Resource): boolean => {
  const address = body['address'];
  const socket = isJsonObject(address) ? address['socketAddress'] : undefined;
  if (!isJsonObject(socket) || body['apiListener'] !== undefined) return false;
  return socket['protocol'] !== 'UDP' && body['bindToPort'] !== false && !isJsonObject(body['deprecatedV1']);
};

import { newestApiSet } from '../../render/api/api-set.ts';
import { checkMessage } from '../../render/api/check-message.ts';
import type { Finding } from '../../render/finding.ts';
import { hasErrors } from '../../render/finding.ts';
import { isJsonObject, type JsonObject } from '../../render/json.ts';
import { RESOURCE_TYPES, type Resource, type ResourceKind, resourceLabel } from '../../render/resource.ts';
import { resourcesOf, type Snapshot } from '../../render/snapshot.ts';
import { type ConfigDump, readConfigDump } from '../admin/config-dump.ts';
import { readListeners } from '../admin/listeners.ts';
import { readStats } from '../admin/stats.ts';
import type { BootedEnvoy } from './boot.ts';
import { COUNTER_PATTERN, unknownFieldFindings } from './counter-findings.ts';
import { deprecationFindings } from './deprecation-findings.ts';
import { scopeOf } from './finding-scope.ts';
import { heldFindings } from './held-findings.ts';
import { FETCH_PATTERN, unansweredFindings } from './warming-findings.ts';

export type Taken = {
  readonly booted: BootedEnvoy;
  readonly snapshot: Snapshot;
  readonly signal: AbortSignal;
  /** Labels of resources that it refused: of those it rightly holds nothing, or what it had before. */
  readonly refused: ReadonlySet<string>;
  /** When it is known already. */
  readonly dump?: ConfigDump;
};

/** Once an Envoy is up: does it hold what it was sent, without a field left out, and listen where it should? */
export async function takenFindings({ booted, snapshot, signal, refused, dump: known }: Taken): Promise<Finding[]> {
  const { adminUrl } = booted.envoy;
  const envoy = booted.release.version;
  const [dump, stats, listening] = await Promise.all([
    known ?? readConfigDump(adminUrl, { signal }),
    readStats(adminUrl, `${COUNTER_PATTERN}|${FETCH_PATTERN}`, { signal }),
    readListeners(adminUrl, { signal }),
  ]);
  const log = booted.envoy.log();
  const served = booted.served().filter((resource) => !refused.has(resourceLabel(resource)));
  const held = heldFindings({ snapshot, served, held: dump.held, envoy, canonical: canonicalDump });
  const droppedKnown = held.some(({ rule }) => rule === 'field-dropped');
  const unanswered = unansweredFindings(snapshot, stats, envoy);
  const mute = hasErrors([...held, ...unanswered])
    ? []
    : resourcesOf(snapshot, 'listener').filter(
        (listener) => bindsTcp(listener) && !listening.has(listener.name) && !refused.has(resourceLabel(listener)),
      );
  return [
    ...held,
    ...(droppedKnown ? [] : unknownFieldFindings({ snapshot, envoy, stats, log })),
    ...deprecationFindings(snapshot, envoy, log),
    ...unanswered,
    ...mute.map((listener) => ({
      ...scopeOf(snapshot, envoy),
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
  checkMessage(newestApiSet(), RESOURCE_TYPES[kind].message, body, { at: { file: '', line: 1, column: 1 } }).body;

const bindsTcp = ({ body }: Resource): boolean => {
  const address = body.address;
  const socket = isJsonObject(address) ? address.socketAddress : undefined;
  if (!isJsonObject(socket) || body.apiListener !== undefined) return false;
  return socket.protocol !== 'UDP' && body.bindToPort !== false && !isJsonObject(body.deprecatedV1);
};

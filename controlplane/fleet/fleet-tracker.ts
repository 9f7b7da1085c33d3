import type { Digest } from '../../render/ids.ts';
import { QUIET_MS } from '../xds/node-group.ts';
import type { NodeReading } from '../xds/node-state.ts';
import type { AckState } from '../xds/subscription.ts';
import type { AskedTypes } from './asked-types.ts';
import type { ReportedNode } from './fleet-report.ts';

export type TrackerPorts = {
  readonly nowEpochMs: () => number;
  /** Of the connected Envoys of that node id, or of all. */
  readonly readings: (nodeId?: string) => readonly NodeReading[];
  /** Every type that each node id has a subscription to, as of now. */
  readonly asked: () => AskedTypes;
  readonly forget: (name: string) => void;
  /** At the end of a turn in which a node's state became another one. */
  readonly onChange: (urgent: boolean) => void;
};

/** Nodes that went away are remembered so long. */
const GONE_KEPT_MS = 10 * 60_000;
/**
 * A type that a node did not ask for in so long since it came is one that it does not want: a proxyless client that takes clusters alone
 * is not waited for. An Envoy that boots asks for listeners once its clusters are warm, for which it allows 15 s.
 */
export const UNASKED_AFTER_MS = 30_000;

/** Follows the state of each node; reads only those of which something was heard, since a reading costs. */
export class FleetTracker {
  readonly #ports: TrackerPorts;
  readonly #nodes = new Map<string, ReportedNode>();
  readonly #changed = new Set<string>();
  readonly #forgotten = new Set<string>();
  readonly #heard = new Set<string>();
  #everybody = false;
  #turn: NodeJS.Immediate | undefined;
  #later: NodeJS.Timeout | undefined;
  #settling: NodeJS.Timeout | undefined;

  constructor(ports: TrackerPorts) {
    this.#ports = ports;
  }

  /** Something was said to or by a node; without one: to all of them. */
  heard(nodeId?: string): void {
    if (nodeId === undefined) this.#everybody = true;
    else this.#heard.add(nodeId);
    this.#turn ??= setImmediate(() => this.#read());
  }

  nodes(): readonly ReportedNode[] {
    return [...this.#nodes.values()];
  }

  /** What is to be reported, and nothing of it again. */
  takeChanges(): { readonly nodes: readonly ReportedNode[]; readonly forgotten: readonly string[] } {
    const nowEpochMs = this.#ports.nowEpochMs();
    for (const [name, node] of this.#nodes)
      if (node.state === 'gone' && nowEpochMs - node.stateSinceEpochMs > GONE_KEPT_MS) {
        this.#nodes.delete(name);
        this.#changed.delete(name);
        this.#forgotten.add(name);
        this.#ports.forget(name);
      }
    const nodes = [...this.#changed].flatMap((name) => this.#nodes.get(name) ?? []);
    const forgotten = [...this.#forgotten];
    this.#changed.clear();
    this.#forgotten.clear();
    return { nodes, forgotten };
  }

  /** They were not taken: report them again. */
  giveBack(names: Iterable<string>): void {
    for (const name of names) if (this.#nodes.has(name)) this.#changed.add(name);
  }

  stop(): void {
    clearImmediate(this.#turn);
    clearTimeout(this.#later);
    clearTimeout(this.#settling);
  }

  #read(): void {
    this.#turn = undefined;
    const nodeIds = this.#everybody ? undefined : [...this.#heard];
    this.#everybody = false;
    this.#heard.clear();
    const readings = nodeIds ? nodeIds.flatMap((id) => this.#ports.readings(id)) : this.#ports.readings();
    const nowEpochMs = this.#ports.nowEpochMs();
    let asked: AskedTypes | undefined;
    const askedBy = (id: string): ReadonlyMap<string, readonly AckState[]> => {
      asked ??= this.#ports.asked();
      return asked.get(id) ?? new Map();
    };
    let changed = false;
    let urgent = false;
    const connected = new Set(readings.map(({ name }) => name));
    for (const reading of readings) {
      const before = this.#nodes.get(reading.name);
      const applied = withoutUnasked(reading, before, askedBy, nowEpochMs);
      const next = nodeAfter(before, { ...reading, applied }, nowEpochMs);
      if (!next || next === before) continue;
      this.#set(next);
      changed = true;
      if (next.state === 'refused') urgent = true;
    }
    for (const node of this.#nodes.values()) {
      const asked = nodeIds === undefined || nodeIds.some((id) => isOf(node.nodeId, id));
      if (!asked || node.state === 'gone' || connected.has(node.nodeId)) continue;
      this.#set({ ...node, state: 'gone', stateSinceEpochMs: nowEpochMs, seenEpochMs: nowEpochMs });
      changed = true;
    }
    // Whether a node will ask for more is known only when it has been quiet for a while.
    const silent = readings.filter(({ applied }) => applied.kind === 'silent');
    if (silent.length > 0) {
      this.#readLater();
      this.#readSettled(silent, nowEpochMs);
    }
    if (changed) this.#ports.onChange(urgent);
  }

  #readLater(): void {
    if (this.#later) return;
    this.#later = setTimeout(() => {
      this.#later = undefined;
      for (const { nodeId, state } of this.#nodes.values()) if (state === 'pending') this.heard(idOf(nodeId));
    }, QUIET_MS + 10).unref();
  }

  /** Once more, when the next of them has had the time to ask for all that it wants. */
  #readSettled(silent: readonly NodeReading[], nowEpochMs: number): void {
    if (this.#settling) return;
    const waits = silent.flatMap(({ name }) => {
      const since = this.#nodes.get(name)?.connectedSinceEpochMs;
      const waitMs = since === undefined ? 0 : since + UNASKED_AFTER_MS - nowEpochMs;
      return waitMs > 0 ? [waitMs] : [];
    });
    if (waits.length === 0) return;
    this.#settling = setTimeout(
      () => {
        this.#settling = undefined;
        for (const { nodeId, state } of this.#nodes.values()) if (state === 'pending') this.heard(idOf(nodeId));
      },
      Math.min(...waits) + 10,
    ).unref();
  }

  #set(node: ReportedNode): void {
    this.#nodes.set(node.nodeId, node);
    this.#forgotten.delete(node.nodeId);
    this.#changed.add(node.nodeId);
  }
}

/** What became of what a node takes, where all that it is waited for is types that it never asked for. */
function withoutUnasked(
  { applied, node }: NodeReading,
  before: ReportedNode | undefined,
  askedBy: (nodeId: string) => ReadonlyMap<string, readonly AckState[]>,
  nowEpochMs: number,
): NodeReading['applied'] {
  if (applied.kind !== 'silent' || !before || before.state === 'gone') return applied;
  if (nowEpochMs - before.connectedSinceEpochMs < UNASKED_AFTER_MS) return applied;
  const asked = askedBy(node.id);
  if (asked.size === 0 || applied.types.some((type) => asked.has(type))) return applied;
  const nacks = [...asked].flatMap(([typeUrl, states]) =>
    states.flatMap((state) =>
      state.kind === 'nacked'
        ? [{ typeUrl, version: state.version, errorDetail: state.reason, resourceNames: [] }]
        : [],
    ),
  );
  return nacks.length > 0 ? { kind: 'nacked', nacks } : { kind: 'acked' };
}

/** Undefined: it is served nothing yet, so there is nothing that it could have applied. */
function nodeAfter(
  before: ReportedNode | undefined,
  { name, node, digest, applied }: NodeReading,
  nowEpochMs: number,
): ReportedNode | undefined {
  if (digest === undefined) return undefined;
  const state = applied.kind === 'acked' ? 'applied' : applied.kind === 'nacked' ? 'refused' : 'pending';
  const nacks =
    applied.kind === 'nacked'
      ? applied.nacks.map(({ typeUrl, resourceNames, errorDetail }) => ({ typeUrl, resourceNames, errorDetail }))
      : [];
  const same =
    before?.state === state &&
    before.servedDigest === digest &&
    before.envoyVersion === node.version &&
    JSON.stringify(before.nacks) === JSON.stringify(nacks);
  if (same) return before;
  return {
    nodeId: name,
    envoyVersion: node.version,
    servedDigest: digest as Digest,
    state,
    nacks,
    connectedSinceEpochMs: !before || before.state === 'gone' ? nowEpochMs : before.connectedSinceEpochMs,
    stateSinceEpochMs: nowEpochMs,
    seenEpochMs: nowEpochMs,
  };
}

/** `edge-1 (2)` is the second Envoy of `edge-1`. */
const idOf = (name: string): string => name.replace(/ \(\d+\)$/, '');
const isOf = (name: string, nodeId: string): boolean => name === nodeId || idOf(name) === nodeId;

import { createHash } from 'node:crypto';
import { BinaryReader } from '@bufbuild/protobuf/wire';
import * as grpc from '@grpc/grpc-js';
import type { Variant } from '../../../controlplane/xds/response-frame.ts';
import { XDS_TYPES } from '../../../controlplane/xds/xds-types.ts';
import { encodeDeltaRequest, encodeRequest } from '../xds/raw-client.ts';

const { CDS, EDS, LDS, RDS } = XDS_TYPES;
const TYPES = [CDS, EDS, LDS, RDS];
const METHODS = { sotw: 'StreamAggregatedResources', delta: 'DeltaAggregatedResources' };
const FULL: readonly string[] = [CDS, LDS];

type TypeHeld = { version: string; nonce: string; readonly held: Map<string, string>; asked: ReadonlySet<string> };

export type ChurnNode = Disposable & {
  /** By short type: a hash of each resource that is held. */
  held(): Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Since the last `count`: answers, resources in them, and those of them that the node held already, byte for byte. */
  count(): {
    readonly answers: number;
    readonly resources: number;
    readonly unchanged: number;
    readonly opened: number;
  };
  readonly isOpen: boolean;
};

/**
 * A stream that asks for clusters, their endpoints, listeners and one route table, takes all that it is sent, and comes back with what it
 * holds whenever it is lost, as an Envoy does.
 */
export function churnNode(port: number, id: string, variant: Variant, routes: readonly string[]): ChurnNode {
  const client = new grpc.Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure(), {
    'grpc.use_local_subchannel_pool': 1,
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 1_000,
    'grpc.max_receive_message_length': -1,
  });
  const types = new Map<string, TypeHeld>(
    TYPES.map((type) => [type, { version: '', nonce: '', held: new Map(), asked: new Set() }]),
  );
  const of = (type: string): TypeHeld => types.get(type) as TypeHeld;
  let counts = { answers: 0, resources: 0, unchanged: 0, opened: 0 };
  let over = false;
  let isOpen = false;
  let again: NodeJS.Timeout | undefined;
  let call: grpc.ClientDuplexStream<Buffer, Buffer> | undefined;
  const wanted = (type: string): readonly string[] =>
    type === EDS ? [...of(CDS).held.keys()].sort() : type === RDS ? routes : [];

  const ask = (type: string, isFirst: boolean): void => {
    const one = of(type);
    const names = wanted(type);
    if ((type === EDS || type === RDS) && names.length === 0 && one.asked.size === 0) return;
    const node = isFirst && type === CDS ? { node: id } : {};
    if (variant === 'sotw') {
      const { version, nonce } = one;
      call?.write(Buffer.from(encodeRequest({ ...node, typeUrl: type, names, version, nonce })));
    } else {
      const subscribe = names.filter((name) => isFirst || !one.asked.has(name));
      const unsubscribe = isFirst ? [] : [...one.asked].filter((name) => !names.includes(name));
      const holds = isFirst ? { holds: Object.fromEntries(one.held) } : {};
      if (isFirst || subscribe.length + unsubscribe.length > 0)
        call?.write(Buffer.from(encodeDeltaRequest({ ...node, typeUrl: type, subscribe, unsubscribe, ...holds })));
    }
    one.asked = new Set(names);
  };
  const take = (bytes: Buffer): void => {
    const answer = variant === 'sotw' ? sotwAnswer(bytes) : deltaAnswer(bytes);
    const one = of(answer.type);
    counts.answers += 1;
    counts.resources += answer.resources.size;
    const isFull = variant === 'sotw' && FULL.includes(answer.type);
    const unchanged = [...answer.resources].filter(([name, version]) => one.held.get(name) === version).length;
    // What a full state repeats beside a change is how the protocol is; one that changes nothing at all is not.
    const isSame = isFull && unchanged === answer.resources.size && one.held.size === unchanged;
    if (!isFull || isSame) counts.unchanged += unchanged;
    // A cluster that it has otherwise is a new one to it, which needs to be told its endpoints.
    if (answer.type === CDS)
      for (const [name, version] of answer.resources)
        if ((one.held.get(name) ?? version) !== version) of(EDS).held.delete(name);
    if (isFull) one.held.clear();
    for (const [name, version] of answer.resources) one.held.set(name, version);
    for (const name of answer.removed) one.held.delete(name);
    one.version = answer.version;
    one.nonce = answer.nonce;
    if (variant === 'sotw') ask(answer.type, false);
    else call?.write(Buffer.from(encodeDeltaRequest({ typeUrl: answer.type, nonce: answer.nonce })));
    if (answer.type !== CDS) return;
    const clusters = new Set(one.held.keys());
    for (const name of of(EDS).held.keys()) if (!clusters.has(name)) of(EDS).held.delete(name);
    const { asked } = of(EDS);
    if (asked.size !== clusters.size || [...clusters].some((name) => !asked.has(name))) ask(EDS, false);
  };
  const open = (): void => {
    const pass = (bytes: Buffer): Buffer => bytes;
    const path = `/envoy.service.discovery.v3.AggregatedDiscoveryService/${METHODS[variant]}`;
    const own = client.makeBidiStreamRequest<Buffer, Buffer>(path, pass, pass);
    call = own;
    own.on('metadata', () => {
      isOpen = true;
    });
    own.on('data', take);
    own.on('error', () => undefined);
    own.on('status', () => {
      isOpen = false;
      if (!over) again = setTimeout(open, 50 + 200 * Math.random());
    });
    counts.opened += 1;
    for (const type of TYPES) {
      of(type).nonce = '';
      ask(type, true);
    }
  };
  open();
  return {
    held: () => Object.fromEntries([...types].map(([type, { held }]) => [type, Object.fromEntries([...held].sort())])),
    count() {
      const before = counts;
      counts = { answers: 0, resources: 0, unchanged: 0, opened: 0 };
      return before;
    },
    get isOpen() {
      return isOpen;
    },
    [Symbol.dispose]() {
      over = true;
      clearTimeout(again);
      call?.cancel();
      client.close();
    },
  };
}

type Answer = {
  type: string;
  version: string;
  nonce: string;
  readonly resources: Map<string, string>;
  readonly removed: string[];
};
const emptyAnswer = (): Answer => ({ type: '', version: '', nonce: '', resources: new Map(), removed: [] });

function sotwAnswer(bytes: Uint8Array): Answer {
  const answer = emptyAnswer();
  eachField(bytes, (field, reader) => {
    if (field === 1) answer.version = reader.string();
    else if (field === 2) {
      const value = inAny(reader.bytes());
      answer.resources.set(nameIn(value), createHash('sha1').update(value).digest('base64'));
    } else if (field === 4) answer.type = reader.string();
    else if (field === 5) answer.nonce = reader.string();
    else return false;
    return true;
  });
  return answer;
}

function deltaAnswer(bytes: Uint8Array): Answer {
  const answer = emptyAnswer();
  eachField(bytes, (field, reader) => {
    if (field === 2) {
      let [name, version] = ['', ''];
      eachField(reader.bytes(), (part, inner) => {
        if (part === 1) version = inner.string();
        else if (part === 3) name = inner.string();
        else return false;
        return true;
      });
      answer.resources.set(name, version);
    } else if (field === 4) answer.type = reader.string();
    else if (field === 5) answer.nonce = reader.string();
    else if (field === 6) answer.removed.push(reader.string());
    else return false;
    return true;
  });
  return answer;
}

/** What is in an `Any`. */
function inAny(any: Uint8Array): Uint8Array {
  let value = new Uint8Array();
  eachField(any, (field, reader) => {
    if (field !== 2) return false;
    value = reader.bytes() as Uint8Array<ArrayBuffer>;
    return true;
  });
  return value;
}

/** The first field of each resource that is asked for here is its name. */
function nameIn(resource: Uint8Array): string {
  let name = '';
  eachField(resource, (field, reader) => {
    if (field !== 1) return false;
    name = reader.string();
    return true;
  });
  return name;
}

function eachField(bytes: Uint8Array, take: (field: number, reader: BinaryReader) => boolean): void {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (!take(field, reader)) reader.skip(wireType, field);
  }
}

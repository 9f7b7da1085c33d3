import { eachField, endOfRun } from './wire-fields.ts';

/*
 * Field numbers: https://github.com/envoyproxy/envoy/blob/main/api/envoy/service/discovery/v3/discovery.proto. Written by hand: an
 * acknowledgement repeats every name that is subscribed to, and nobody needs them decoded when they are the same as before.
 */

/** The parts of `envoy.service.discovery.v3.DiscoveryRequest` that a server needs. */
export type SotwRequest = {
  readonly kind: 'request';
  readonly variant: 'sotw';
  readonly versionInfo: string;
  /** Encoded. */
  readonly node: Buffer | undefined;
  /** `resource_names` as they were sent, with their tags. */
  readonly rawNames: Buffer;
  readonly typeUrl: string;
  readonly responseNonce: string;
  /** Envoy's own words; present in a NACK, even when it has none. */
  readonly errorDetail: string | undefined;
};

/** The same of `DeltaDiscoveryRequest`. */
export type DeltaRequest = {
  readonly kind: 'request';
  readonly variant: 'delta';
  readonly node: Buffer | undefined;
  readonly subscribe: readonly string[];
  readonly unsubscribe: readonly string[];
  /** Versions by name, of what it holds from an earlier stream. */
  readonly initialVersions: ReadonlyMap<string, string>;
  readonly typeUrl: string;
  readonly responseNonce: string;
  readonly errorDetail: string | undefined;
};

export type Malformed = { readonly kind: 'malformed'; readonly problem: string };

const NOTHING = Buffer.alloc(0);

/** Never throws: whatever a peer sends is a value. */
export const decodeSotwRequest = (bytes: Buffer): SotwRequest | Malformed => decoding(() => readSotw(bytes));
export const decodeDeltaRequest = (bytes: Buffer): DeltaRequest | Malformed => decoding(() => readDelta(bytes));

function readSotw(bytes: Buffer): SotwRequest {
  let versionInfo = '';
  let typeUrl = '';
  let responseNonce = '';
  let node: Buffer | undefined;
  let errorDetail: string | undefined;
  let namesFrom = 0;
  let namesTo = 0;
  const scattered: Buffer[] = [];
  eachField(bytes, (field, from, to, tagAt) => {
    if (field === 3) {
      if (namesTo !== tagAt || namesTo === 0) {
        if (namesTo !== 0) scattered.push(bytes.subarray(namesFrom, namesTo));
        namesFrom = tagAt;
      }
      // There may be thousands, one behind the other.
      namesTo = endOfRun(bytes, to, 3);
      return namesTo;
    }
    if (field === 1) versionInfo = bytes.toString('utf8', from, to);
    else if (field === 2) node = bytes.subarray(from, to);
    else if (field === 4) typeUrl = bytes.toString('utf8', from, to);
    else if (field === 5) responseNonce = bytes.toString('utf8', from, to);
    else if (field === 6) errorDetail = statusMessage(bytes.subarray(from, to));
    return undefined;
  });
  const last = namesTo === 0 ? NOTHING : bytes.subarray(namesFrom, namesTo);
  const rawNames = scattered.length > 0 ? Buffer.concat([...scattered, last]) : last;
  return { kind: 'request', variant: 'sotw', versionInfo, node, rawNames, typeUrl, responseNonce, errorDetail };
}

function readDelta(bytes: Buffer): DeltaRequest {
  let typeUrl = '';
  let responseNonce = '';
  let node: Buffer | undefined;
  let errorDetail: string | undefined;
  const subscribe: string[] = [];
  const unsubscribe: string[] = [];
  const initialVersions = new Map<string, string>();
  eachField(bytes, (field, from, to) => {
    if (field === 1) node = bytes.subarray(from, to);
    else if (field === 2) typeUrl = bytes.toString('utf8', from, to);
    else if (field === 3) subscribe.push(bytes.toString('utf8', from, to));
    else if (field === 4) unsubscribe.push(bytes.toString('utf8', from, to));
    else if (field === 5) {
      const [name, version] = mapEntry(bytes.subarray(from, to));
      initialVersions.set(name, version);
    } else if (field === 6) responseNonce = bytes.toString('utf8', from, to);
    else if (field === 7) errorDetail = statusMessage(bytes.subarray(from, to));
    return undefined;
  });
  return {
    kind: 'request',
    variant: 'delta',
    node,
    subscribe,
    unsubscribe,
    initialVersions,
    typeUrl,
    responseNonce,
    errorDetail,
  };
}

/** The names in what `rawNames` is. */
export function namesIn(rawNames: Buffer): string[] {
  const names: string[] = [];
  eachField(rawNames, (_, from, to) => {
    names.push(rawNames.toString('utf8', from, to));
    return undefined;
  });
  return names;
}

function mapEntry(bytes: Buffer): readonly [string, string] {
  let key = '';
  let value = '';
  eachField(bytes, (field, from, to) => {
    if (field === 1) key = bytes.toString('utf8', from, to);
    else if (field === 2) value = bytes.toString('utf8', from, to);
    return undefined;
  });
  return [key, value];
}

/** Envoy says no more of why it refuses something, and what is refused is kept. */
const MAX_REASON_BYTES = 4_096;

/** The words of a `google.rpc.Status`. */
function statusMessage(bytes: Buffer): string {
  let message = '';
  eachField(bytes, (field, from, to) => {
    const end = Math.min(to, from + MAX_REASON_BYTES);
    if (field === 2) message = `${bytes.toString('utf8', from, end)}${end < to ? '…' : ''}`;
    return undefined;
  });
  return message;
}

function decoding<Request>(read: () => Request): Request | Malformed {
  try {
    return read();
  } catch (fault) {
    return { kind: 'malformed', problem: fault instanceof Error ? fault.message : String(fault) };
  }
}

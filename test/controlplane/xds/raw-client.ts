import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import * as grpc from '@grpc/grpc-js';

const PATH = '/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources';

export type RawClientOptions = {
  /** The method; default: aggregated, state of the world. */
  readonly path?: string;
  /** Default: not encrypted. */
  readonly credentials?: grpc.ChannelCredentials;
};

export type RawAnswer = {
  readonly versionInfo: string;
  readonly typeUrl: string;
  readonly nonce: string;
  readonly resources: number;
};

/** A node that says exactly what a test has it say. */
export function rawClient(port: number, { path = PATH, credentials }: RawClientOptions = {}) {
  const client = new grpc.Client(`127.0.0.1:${port}`, credentials ?? grpc.credentials.createInsecure(), {
    'grpc.max_send_message_length': -1,
    // Each client its own connection.
    'grpc.use_local_subchannel_pool': 1,
  });
  const pass = (bytes: Buffer): Buffer => bytes;
  const call = client.makeBidiStreamRequest<Buffer, Buffer>(path, pass, pass);
  const answers: RawAnswer[] = [];
  const ended = new Promise<grpc.StatusObject>((resolve) => {
    call.on('status', resolve);
  });
  call.on('data', (bytes: Buffer) => answers.push(decodeAnswer(bytes)));
  call.on('error', () => undefined);
  return {
    answers,
    ended,
    sendBytes: (bytes: Uint8Array) => call.write(Buffer.from(bytes)),
    send: (request: RawRequest) => call.write(Buffer.from(encodeRequest(request))),
    vanish: () => call.cancel(),
    finish: () => call.end(),
    [Symbol.dispose]() {
      call.cancel();
      client.close();
    },
  };
}

export type RawRequest = {
  readonly node?: string;
  /** `node.cluster`. */
  readonly cluster?: string;
  readonly typeUrl: string;
  readonly names?: readonly string[];
  readonly version?: string;
  readonly nonce?: string;
  readonly error?: string;
};

export function encodeRequest({
  node,
  cluster = '',
  typeUrl,
  names = [],
  version = '',
  nonce = '',
  error,
}: RawRequest): Uint8Array {
  const writer = new BinaryWriter();
  const text = (field: number, value: string) => writer.tag(field, WireType.LengthDelimited).string(value);
  text(1, version);
  if (node !== undefined) {
    writer.tag(2, WireType.LengthDelimited).fork();
    text(1, node);
    if (cluster !== '') text(2, cluster);
    writer.join();
  }
  for (const name of names) text(3, name);
  text(4, typeUrl);
  text(5, nonce);
  if (error !== undefined) {
    writer.tag(6, WireType.LengthDelimited).fork();
    text(2, error);
    writer.join();
  }
  return writer.finish();
}

function decodeAnswer(bytes: Buffer): RawAnswer {
  const reader = new BinaryReader(bytes);
  const answer = { versionInfo: '', typeUrl: '', nonce: '', resources: 0 };
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === 1) answer.versionInfo = reader.string();
    else if (field === 4) answer.typeUrl = reader.string();
    else if (field === 5) answer.nonce = reader.string();
    else {
      if (field === 2) answer.resources += 1;
      reader.skip(wireType, field);
    }
  }
  return answer;
}

export type RawDeltaRequest = {
  readonly node?: string;
  readonly typeUrl: string;
  readonly subscribe?: readonly string[];
  readonly unsubscribe?: readonly string[];
  readonly holds?: Readonly<Record<string, string>>;
  readonly nonce?: string;
  readonly error?: string;
};

export function encodeDeltaRequest(request: RawDeltaRequest): Uint8Array {
  const { node, typeUrl, subscribe = [], unsubscribe = [], holds = {}, nonce = '', error } = request;
  const writer = new BinaryWriter();
  const text = (field: number, value: string) => writer.tag(field, WireType.LengthDelimited).string(value);
  const message = (field: number, write: () => void): void => {
    writer.tag(field, WireType.LengthDelimited).fork();
    write();
    writer.join();
  };
  if (node !== undefined) message(1, () => text(1, node));
  text(2, typeUrl);
  for (const name of subscribe) text(3, name);
  for (const name of unsubscribe) text(4, name);
  for (const [name, version] of Object.entries(holds))
    message(5, () => {
      text(1, name);
      text(2, version);
    });
  text(6, nonce);
  if (error !== undefined) message(7, () => text(2, error));
  return writer.finish();
}

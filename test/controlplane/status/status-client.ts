import { fromBinary, fromJson, type JsonValue, toBinary, toJson } from '@bufbuild/protobuf';
import * as grpc from '@grpc/grpc-js';
import { messageSchema } from '../../../controlplane/fleet/message-fields.ts';
import { newestApiSet } from '../../../render/api/api-set.ts';

const SERVICE = '/envoy.service.status.v3.ClientStatusDiscoveryService';
const { registry } = newestApiSet();

/** One `generic_xds_configs`, in Protobuf's JSON. */
export type ToldResource = {
  readonly typeUrl: string;
  readonly name: string;
  readonly versionInfo?: string;
  readonly xdsConfig?: Readonly<Record<string, JsonValue>>;
  readonly lastUpdated?: string;
  readonly configStatus?: string;
  readonly clientStatus?: string;
  readonly errorState?: Readonly<Record<string, JsonValue>>;
};

export type ToldClient = {
  readonly node: { readonly id: string } & Readonly<Record<string, JsonValue>>;
  readonly clientScope?: string;
  readonly genericXdsConfigs?: readonly ToldResource[];
};

const requestBytes = (json: JsonValue): Buffer =>
  Buffer.from(
    toBinary(
      messageSchema('envoy.service.status.v3.ClientStatusRequest'),
      fromJson(messageSchema('envoy.service.status.v3.ClientStatusRequest'), json, { registry }),
    ),
  );

function clientsIn(bytes: Buffer): readonly ToldClient[] {
  const schema = messageSchema('envoy.service.status.v3.ClientStatusResponse');
  const told = toJson(schema, fromBinary(schema, bytes), { registry }) as { readonly config?: readonly ToldClient[] };
  return told.config ?? [];
}

const pass = (bytes: Buffer): Buffer => bytes;

/** A tool that asks by CSDS, which knows the API's messages and nothing of who answers. */
export function statusClient(port: number, token?: string) {
  const client = new grpc.Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure(), {
    'grpc.use_local_subchannel_pool': 1,
    'grpc.max_receive_message_length': -1,
  });
  const metadata = new grpc.Metadata();
  if (token !== undefined) metadata.set('authorization', token);
  return {
    /** `request` as JSON, or as bytes. Rejects with gRPC's status. */
    fetch: (request: JsonValue | Buffer = {}): Promise<readonly ToldClient[]> =>
      new Promise((resolve, reject) => {
        const bytes = Buffer.isBuffer(request) ? request : requestBytes(request);
        client.makeUnaryRequest<Buffer, Buffer>(
          `${SERVICE}/FetchClientStatus`,
          pass,
          pass,
          bytes,
          metadata,
          (fault, answer) => (fault || !answer ? reject(fault) : resolve(clientsIn(answer))),
        );
      }),
    /** All answers to `requests`, each with the Envoys in it. */
    stream: async (...requests: readonly JsonValue[]): Promise<readonly (readonly ToldClient[])[]> => {
      const call = client.makeBidiStreamRequest<Buffer, Buffer>(`${SERVICE}/StreamClientStatus`, pass, pass, metadata);
      for (const request of requests) call.write(requestBytes(request));
      call.end();
      const answers: (readonly ToldClient[])[] = [];
      for await (const bytes of call) answers.push(clientsIn(bytes as Buffer));
      return answers;
    },
    [Symbol.dispose]: () => client.close(),
  };
}

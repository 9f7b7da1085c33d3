// Nodes that only speak xDS, many in one process: `node xds-client-process.ts PORT COUNT CLUSTER`. Each subscribes as an Envoy does and ACKs whatever it is sent.
import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import * as grpc from '@grpc/grpc-js';
import { XDS_TYPES } from '../../controlplane/xds/xds-types.ts';

const ADS = '/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources';
const NAMES: ReadonlyMap<string, readonly string[]> = new Map([
  [XDS_TYPES.CDS, []],
  [XDS_TYPES.LDS, []],
  [XDS_TYPES.EDS, ['catalog', 'payments']],
  [XDS_TYPES.RDS, ['shop']],
]);
/** What is asked for when an answer of a type came for the first time. */
const AFTER: ReadonlyMap<string, string> = new Map([
  [XDS_TYPES.CDS, XDS_TYPES.EDS],
  [XDS_TYPES.LDS, XDS_TYPES.RDS],
]);

const [port = '', count = '', cluster = ''] = process.argv.slice(2);
for (let index = 0; index < Number(count); index += 1) connect(`xds-client-${index}`);

function connect(id: string): void {
  const client = new grpc.Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure(), {
    // A connection each, as Envoys have.
    'grpc.use_local_subchannel_pool': 1,
  });
  const pass = (bytes: Buffer): Buffer => bytes;
  const call = client.makeBidiStreamRequest<Buffer, Buffer>(ADS, pass, pass);
  const asked = new Set<string>();
  const ask = (typeUrl: string, version = '', nonce = ''): void => {
    const isFirst = asked.size === 0;
    asked.add(typeUrl);
    call.write(Buffer.from(request(isFirst ? id : undefined, typeUrl, version, nonce)));
  };
  call.on('data', (bytes: Buffer) => {
    const { version, typeUrl, nonce } = answerIn(bytes);
    ask(typeUrl, version, nonce);
    process.send?.({ id, typeUrl, atEpochMs: Date.now() });
    const next = AFTER.get(typeUrl);
    if (next !== undefined && !asked.has(next)) ask(next);
    // As Envoy does: a cluster that was sent again wants its endpoints again, and a listener its routes only when it is new.
  });
  call.on('error', (error) => {
    console.error(`${id}: ${error.message}`);
    process.exitCode = 1;
  });
  ask(XDS_TYPES.CDS);
  ask(XDS_TYPES.LDS);
}

function request(node: string | undefined, typeUrl: string, version: string, nonce: string): Uint8Array {
  const writer = new BinaryWriter();
  const text = (field: number, value: string) => writer.tag(field, WireType.LengthDelimited).string(value);
  text(1, version);
  if (node !== undefined) {
    writer.tag(2, WireType.LengthDelimited).fork();
    text(1, node);
    text(2, cluster);
    writer.join();
  }
  for (const name of NAMES.get(typeUrl) ?? []) text(3, name);
  text(4, typeUrl);
  text(5, nonce);
  return writer.finish();
}

function answerIn(bytes: Uint8Array): { readonly version: string; readonly typeUrl: string; readonly nonce: string } {
  const reader = new BinaryReader(bytes);
  const found = { version: '', typeUrl: '', nonce: '' };
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === 1) found.version = reader.string();
    else if (field === 4) found.typeUrl = reader.string();
    else if (field === 5) found.nonce = reader.string();
    else reader.skip(wireType, field);
  }
  return found;
}

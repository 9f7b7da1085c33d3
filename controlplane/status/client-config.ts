import { fromJson, toBinary } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { StructSchema } from '@bufbuild/protobuf/wkt';
import { newestApiSet } from '../../render/api/api-set.ts';
import { fieldNumber, messageSchema } from '../fleet/message-fields.ts';
import type { ClientState } from '../xds/client-state.ts';
import type { ResourceStatus } from '../xds/resource-status.ts';
import { XDS_TYPES } from '../xds/xds-types.ts';

/** The type of a resource, and when the Envoy was last sent something of it, took or refused it. */
export type TypeFacts = { readonly typeUrl: string; readonly updatedEpochMs: number | undefined };

/**
 * Writes the parts of an `envoy.service.status.v3.ClientConfig`, each a field of it. By the numbers of the newest API in the repository,
 * and not by reflection: a fleet has millions of them.
 */
export type ClientConfigWriter = {
  /** What is known of the Envoy itself. */
  opening(client: ClientState): Uint8Array;
  /** One `generic_xds_configs`. */
  resource(type: TypeFacts, status: ResourceStatus): Uint8Array;
};

const CONFIG_STATUS: Readonly<Record<ResourceStatus['config'], string>> = {
  synced: 'SYNCED',
  'not-sent': 'NOT_SENT',
  stale: 'STALE',
  error: 'ERROR',
};

const CLIENT_STATUS: Readonly<Record<ResourceStatus['client'], string>> = {
  requested: 'REQUESTED',
  'does-not-exist': 'DOES_NOT_EXIST',
  acked: 'ACKED',
  nacked: 'NACKED',
  unknown: 'UNKNOWN',
};

/** `withContents`: with what a resource says, but not of secrets. */
export function clientConfigWriter(withContents: boolean): ClientConfigWriter {
  const config = numbersOf('envoy.service.status.v3.ClientConfig', 'node', 'generic_xds_configs', 'client_scope');
  const generic = numbersOf(
    'envoy.service.status.v3.ClientConfig.GenericXdsConfig',
    ...(['type_url', 'name', 'version_info', 'xds_config', 'last_updated'] as const),
    ...(['config_status', 'client_status', 'error_state'] as const),
  );
  const failure = numbersOf(
    'envoy.admin.v3.UpdateFailureState',
    ...(['failed_configuration', 'last_update_attempt', 'details', 'version_info'] as const),
  );
  const configStatus = enumNumbers('envoy.service.status.v3.ConfigStatus', CONFIG_STATUS);
  const clientStatus = enumNumbers('envoy.admin.v3.ClientResourceStatus', CLIENT_STATUS);
  const writeNode = nodeWriter();
  return {
    opening(client) {
      const writer = new BinaryWriter();
      inside(writer, config.node, () => writeNode(writer, client));
      // Two Envoys that bear one id are told apart by this alone.
      if (client.name !== client.node.id) text(writer, config.client_scope, client.name);
      return writer.finish();
    },
    resource({ typeUrl, updatedEpochMs }, { name, version, bytes, config: sent, client, reason }) {
      const writer = new BinaryWriter();
      const contents = withContents && typeUrl !== XDS_TYPES.SDS ? bytes : undefined;
      const any = (field: number): void => {
        if (contents) inside(writer, field, () => writeAny(writer, typeUrl, contents));
      };
      const updated = (field: number): void => {
        if (updatedEpochMs !== undefined) inside(writer, field, () => writeTime(writer, updatedEpochMs));
      };
      inside(writer, config.generic_xds_configs, () => {
        text(writer, generic.type_url, typeUrl);
        text(writer, generic.name, name);
        text(writer, generic.version_info, version);
        any(generic.xds_config);
        if (client !== 'requested') updated(generic.last_updated);
        writer.tag(generic.config_status, WireType.Varint).int32(configStatus[sent]);
        writer.tag(generic.client_status, WireType.Varint).int32(clientStatus[client]);
        if (reason === undefined) return;
        inside(writer, generic.error_state, () => {
          any(failure.failed_configuration);
          updated(failure.last_update_attempt);
          text(writer, failure.details, reason);
          text(writer, failure.version_info, version);
        });
      });
      return writer.finish();
    },
  };
}

/** As far as the control plane keeps what a node says of itself. */
function nodeWriter(): (writer: BinaryWriter, client: ClientState) => void {
  const node = numbersOf(
    'envoy.config.core.v3.Node',
    ...(['id', 'cluster', 'metadata', 'user_agent_version', 'user_agent_build_version'] as const),
  );
  const build = numbersOf('envoy.config.core.v3.BuildVersion', 'version');
  const semantic = numbersOf('envoy.type.v3.SemanticVersion', 'major_number', 'minor_number', 'patch');
  return (writer, { node: { id, cluster, metadata, version } }) => {
    text(writer, node.id, id);
    text(writer, node.cluster, cluster);
    if (Object.keys(metadata).length > 0)
      writer
        .tag(node.metadata, WireType.LengthDelimited)
        .bytes(toBinary(StructSchema, fromJson(StructSchema, metadata)));
    const numbers = /^(\d{1,9})\.(\d{1,9})\.(\d{1,9})$/.exec(version)?.slice(1).map(Number);
    if (!numbers) text(writer, node.user_agent_version, version);
    else
      inside(writer, node.user_agent_build_version, () =>
        inside(writer, build.version, () => {
          const fields = [semantic.major_number, semantic.minor_number, semantic.patch];
          for (const [at, field] of fields.entries()) writer.tag(field, WireType.Varint).uint32(numbers[at] ?? 0);
        }),
      );
  };
}

/** `google.protobuf.Any`, and the `Timestamp` below: well-known, and the same for ever. */
function writeAny(writer: BinaryWriter, typeUrl: string, bytes: Uint8Array): void {
  text(writer, 1, typeUrl);
  writer.tag(2, WireType.LengthDelimited).bytes(bytes);
}

function writeTime(writer: BinaryWriter, epochMs: number): void {
  const seconds = Math.floor(epochMs / 1_000);
  writer.tag(1, WireType.Varint).int64(seconds);
  writer.tag(2, WireType.Varint).int32(Math.floor((epochMs - seconds * 1_000) * 1_000_000));
}

function inside(writer: BinaryWriter, field: number, write: () => void): void {
  writer.tag(field, WireType.LengthDelimited).fork();
  write();
  writer.join();
}

function text(writer: BinaryWriter, field: number, value: string): void {
  if (value !== '') writer.tag(field, WireType.LengthDelimited).string(value);
}

function numbersOf<Field extends string>(
  message: string,
  ...fields: readonly Field[]
): Readonly<Record<Field, number>> {
  const schema = messageSchema(message);
  return Object.fromEntries(fields.map((field) => [field, fieldNumber(schema, field)])) as Record<Field, number>;
}

function enumNumbers<Key extends string>(
  name: string,
  names: Readonly<Record<Key, string>>,
): Readonly<Record<Key, number>> {
  const found = newestApiSet().registry.getEnum(name);
  const numberOf = (value: string): number => {
    const number = found?.values.find((one) => one.name === value)?.number;
    if (number === undefined) throw new Error(`no ${value} in ${name}`);
    return number;
  };
  return Object.fromEntries(Object.entries<string>(names).map(([key, value]) => [key, numberOf(value)])) as Record<
    Key,
    number
  >;
}

import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

/**
 * The answer of an `envoy.service.ext_proc.v3.ExternalProcessor` that changes nothing. Only field numbers are read: the oneof of
 * `ProcessingRequest` counts request_headers = 2 … response_trailers = 7, that of `ProcessingResponse` the same from 1.
 */
const FIRST_REQUEST_KIND = 2;
const LAST_REQUEST_KIND = 7;
const REQUEST_BODY = 4;
const RESPONSE_BODY = 5;
const OBSERVABILITY_MODE = 10;
const PROTOCOL_CONFIG = 11;
/** `ProcessingMode.BodySendMode`: bodies come back only if the answer carries them. */
const FULL_DUPLEX_STREAMED = 4;

/** One stream's processor: body modes are told in the first message only. */
export class UnchangingProcessor {
  #requestBodyMode = 0;
  #responseBodyMode = 0;

  /** The `ProcessingResponse`, or undefined where none is expected. Throws on bytes that are no protobuf message. */
  answer(request: Uint8Array): Uint8Array | undefined {
    let kind: number | undefined;
    let content = new Uint8Array();
    let observed = false;
    const reader = new BinaryReader(request);
    while (reader.pos < reader.len) {
      const [field, type] = reader.tag();
      if (field >= FIRST_REQUEST_KIND && field <= LAST_REQUEST_KIND && type === WireType.LengthDelimited) {
        kind = field;
        content = new Uint8Array(reader.bytes());
      } else if (field === OBSERVABILITY_MODE && type === WireType.Varint) observed = reader.bool();
      else if (field === PROTOCOL_CONFIG && type === WireType.LengthDelimited) this.#readModes(reader.bytes());
      else reader.skip(type, field);
    }
    if (kind === undefined || observed) return undefined;
    const mode = kind === REQUEST_BODY ? this.#requestBodyMode : kind === RESPONSE_BODY ? this.#responseBodyMode : 0;
    const answer = mode === FULL_DUPLEX_STREAMED ? streamedBack(content) : new Uint8Array();
    return new BinaryWriter()
      .tag(kind - 1, WireType.LengthDelimited)
      .bytes(answer)
      .finish();
  }

  #readModes(config: Uint8Array): void {
    const reader = new BinaryReader(config);
    while (reader.pos < reader.len) {
      const [field, type] = reader.tag();
      if (field === 1 && type === WireType.Varint) this.#requestBodyMode = reader.int32();
      else if (field === 2 && type === WireType.Varint) this.#responseBodyMode = reader.int32();
      else reader.skip(type, field);
    }
  }
}

/** `BodyResponse.response.body_mutation.streamed_response`; `HttpBody` and `StreamedBodyResponse` have the same fields. */
function streamedBack(httpBody: Uint8Array): Uint8Array {
  const nested = (field: number, content: Uint8Array): Uint8Array =>
    new BinaryWriter().tag(field, WireType.LengthDelimited).bytes(content).finish();
  return nested(1, nested(3, nested(3, httpBody)));
}

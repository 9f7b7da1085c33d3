import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { fieldNumber, messageSchema } from '../fleet/message-fields.ts';
import { turns } from '../turns.ts';
import type { ClientState } from '../xds/client-state.ts';
import { type ClientConfigWriter, clientConfigWriter } from './client-config.ts';
import type { ClientStatusQuestion } from './client-status-question.ts';

/** What is asked for does not fit into one answer. */
export class AnswerTooLarge extends Error {
  override readonly name = 'AnswerTooLarge';
}

export type AnswerLimits = {
  /** An answer that has reached this is sent, and the next one begun; Infinity: there is one. */
  readonly splitBytes: number;
  /** One answer is never larger: `AnswerTooLarge`. */
  readonly maxBytes: number;
};

/** Resources between two looks at the clock. */
const LOOK_EVERY = 64;

/**
 * The answers to one question, as encoded `ClientStatusResponse`s; at least one, and no Envoy is in two. Each Envoy is told as it is when
 * its turn comes. Rejects with `AnswerTooLarge`.
 */
export async function* clientStatusAnswers(
  clients: Iterable<ClientState>,
  { isAsked, withContents }: ClientStatusQuestion,
  nowEpochMs: () => number,
  { splitBytes, maxBytes }: AnswerLimits,
): AsyncGenerator<Buffer> {
  const breathe = turns();
  const field = fieldNumber(messageSchema('envoy.service.status.v3.ClientStatusResponse'), 'config');
  const writer = clientConfigWriter(withContents);
  let pieces: Uint8Array[] = [];
  let bytes = 0;
  let answers = 0;
  for (const client of clients) {
    await breathe();
    if (!isAsked(client.node)) continue;
    const found = await clientConfig(client, writer, nowEpochMs, maxBytes, breathe);
    const opening = new BinaryWriter().tag(field, WireType.LengthDelimited).uint32(found.bytes).finish();
    const size = opening.length + found.bytes;
    if (size > maxBytes || (bytes + size > maxBytes && splitBytes >= maxBytes))
      throw new AnswerTooLarge(`the answer is larger than ${maxBytes} bytes`);
    if (bytes > 0 && bytes + size > splitBytes) {
      yield Buffer.concat(pieces, bytes);
      answers += 1;
      pieces = [];
      bytes = 0;
    }
    pieces.push(opening, ...found.pieces);
    bytes += size;
  }
  if (bytes > 0 || answers === 0) yield Buffer.concat(pieces, bytes);
}

type Pieces = { readonly pieces: readonly Uint8Array[]; readonly bytes: number };

async function clientConfig(
  client: ClientState,
  writer: ClientConfigWriter,
  nowEpochMs: () => number,
  maxBytes: number,
  breathe: () => Promise<void>,
): Promise<Pieces> {
  const opening = writer.opening(client);
  const pieces: Uint8Array[] = [opening];
  let bytes = opening.length;
  const now = nowEpochMs();
  for (const { typeUrl, forMs, statuses } of client.types()) {
    const type = { typeUrl, updatedEpochMs: forMs === undefined ? undefined : now - forMs };
    for (const status of statuses()) {
      const piece = writer.resource(type, status);
      pieces.push(piece);
      bytes += piece.length;
      if (bytes > maxBytes) throw new AnswerTooLarge(`${client.name} alone is larger than ${maxBytes} bytes`);
      if (pieces.length % LOOK_EVERY === 0) await breathe();
    }
  }
  return { pieces, bytes };
}

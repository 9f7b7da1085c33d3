import { GrpcFrameReader, isGrpcContentType } from '../upstream/grpc-frames.ts';
import type { Answer } from './client-answer.ts';

const KEPT_BODY_BYTES = 64 * 1024;

/** Collects a body as it comes: counts all of it, keeps the start. */
export class AnswerBody {
  #chunks: Buffer[] = [];
  #kept = 0;
  bytes = 0;

  push(chunk: Buffer): void {
    this.bytes += chunk.length;
    const room = KEPT_BODY_BYTES - this.#kept;
    if (room <= 0) return;
    const kept = chunk.length <= room ? chunk : chunk.subarray(0, room);
    this.#chunks.push(kept);
    this.#kept += kept.length;
  }

  start(): Buffer {
    return this.#chunks.length === 1 ? (this.#chunks[0] as Buffer) : Buffer.concat(this.#chunks);
  }
}

export function buildAnswer(
  status: number,
  headers: Readonly<Record<string, string>>,
  trailers: Readonly<Record<string, string>>,
  body: AnswerBody,
  latencyMs: number,
  protocol: Answer['protocol'],
): Answer {
  const start = body.start();
  const answer: Answer = {
    kind: 'answer',
    status,
    headers,
    trailers,
    body: start.toString(),
    bodyBytes: body.bytes,
    latencyMs,
    protocol,
  };
  const grpcStatus = trailers['grpc-status'] ?? headers['grpc-status'];
  if (grpcStatus === undefined) return answer;
  const message = trailers['grpc-message'] ?? headers['grpc-message'];
  const payload = isGrpcContentType(headers['content-type']) ? firstMessage(start) : undefined;
  return {
    ...answer,
    grpcStatus: Number(grpcStatus),
    ...(message === undefined ? {} : { grpcMessage: percentDecoded(message) }),
    ...(payload === undefined ? {} : { grpcPayload: payload }),
  };
}

/** Raw names and values in turn, as Node gives them, without pseudo-headers. */
export function headerRecord(raw: readonly string[]): Record<string, string> {
  const record: Record<string, string> = {};
  for (let i = 0; i < raw.length; i += 2) {
    const name = (raw[i] as string).toLowerCase();
    if (name.charCodeAt(0) === 0x3a) continue;
    const before = Object.hasOwn(record, name) ? record[name] : undefined;
    const value = raw[i + 1] as string;
    record[name] = before === undefined ? value : `${before}, ${value}`;
  }
  return record;
}

function firstMessage(start: Buffer): Uint8Array | undefined {
  try {
    return new GrpcFrameReader().push(start)[0];
  } catch {
    return undefined;
  }
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

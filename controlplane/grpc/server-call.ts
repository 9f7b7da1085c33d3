import http2 from 'node:http2';
import { Metadata, status } from '@grpc/grpc-js';
import type { Connection } from './connection.ts';
import { FrameReader } from './frame-reader.ts';
import type { PeerIdentity } from './peer-identity.ts';
import type { UnfinishedMessages } from './unfinished-messages.ts';

export type CallEvents = {
  /** One message. The bytes belong to it alone until the function returns: whoever keeps some of them copies them. */
  readonly onMessage: (message: Buffer) => void;
  /** The peer will send nothing more. */
  readonly onHalfClose: () => void;
  /** The peer caught up after `write` said that it is behind. */
  readonly onDrain: () => void;
  /** It is over: the peer is gone, it was ended, or the connection is lost. Said once, and last. */
  readonly onClosed: (reason: string | undefined) => void;
};

const RESPONSE_HEADERS = { ':status': 200, 'content-type': 'application/grpc', 'grpc-accept-encoding': 'identity' };
/** Messages up to this are put together with what goes behind them; larger ones are passed on as they are. */
const COPIED_BYTES = 4_096;
/** Peers take no more than some kilobytes of headers, and one that is too large would end the connection with all calls on it. */
const MAX_DETAILS = 1_000;
/** For so long the messages of one call are read in one go; then it is the turn of others. */
const TURN_MS = 20;
const NOTHING = Buffer.alloc(0);

/** One call, from its headers on. */
export class ServerCall {
  readonly path: string;
  readonly peer: PeerIdentity | undefined;
  readonly connection: Connection | undefined;
  readonly #stream: http2.ServerHttp2Stream;
  readonly #headers: http2.IncomingHttpHeaders;
  readonly #unfinished: UnfinishedMessages | undefined;
  #responded = false;
  #isPaused = false;
  /** It has messages that are read when others had their turn. */
  #isHeldUp = false;
  #ended: { readonly code: status; readonly details: string } | undefined;

  constructor(
    stream: http2.ServerHttp2Stream,
    headers: http2.IncomingHttpHeaders,
    peer: PeerIdentity | undefined,
    connection?: Connection,
    unfinished?: UnfinishedMessages,
  ) {
    this.connection = connection;
    this.#unfinished = unfinished;
    this.#stream = stream;
    this.#headers = headers;
    this.path = headers[':path'] ?? '';
    this.peer = peer;
  }

  get metadata(): Metadata {
    return Metadata.fromHttp2Headers(this.#headers);
  }

  /** It was ended from here. */
  get isAnswered(): boolean {
    return this.#ended !== undefined;
  }

  get isOver(): boolean {
    // A stream that the peer has reset is closed before it is destroyed.
    return this.#ended !== undefined || this.#stream.destroyed || this.#stream.closed;
  }

  /** Begins to read. Without it, and without `end`, nothing happens. */
  listen(maxMessageBytes: number, events: CallEvents): void {
    const stream = this.#stream;
    const reader = new FrameReader(maxMessageBytes);
    const holder = {
      letGo: () => {
        reader.clear();
        this.end(status.RESOURCE_EXHAUSTED, 'too much has arrived of messages that are not complete');
      },
    };
    let held = 0;
    const hold = (bytes: number): void => {
      if (bytes === held) return;
      held = bytes;
      this.#unfinished?.hold(holder, bytes);
    };
    const read = (chunk: Buffer): void => {
      if (this.#ended) return;
      const turnEndsAt = performance.now() + TURN_MS;
      const problem = reader.push(chunk, (message) => {
        if (!this.#ended) events.onMessage(message);
        return performance.now() < turnEndsAt;
      });
      if (problem?.kind === 'compressed') this.end(status.UNIMPLEMENTED, 'compressed messages are not read');
      else if (problem)
        this.end(
          status.RESOURCE_EXHAUSTED,
          `a message of ${problem.size} bytes is larger than the ${maxMessageBytes} that are read`,
        );
      hold(reader.held);
      if (!reader.isHeldUp || this.#isHeldUp) return;
      this.#isHeldUp = true;
      stream.pause();
      setImmediate(() => {
        this.#isHeldUp = false;
        // Who is gone has nothing to say any more.
        if (stream.destroyed) return;
        read(NOTHING);
        this.#flow();
        endOfWords();
      });
    };
    let isEnd = false;
    const endOfWords = (): void => {
      if (isEnd && !this.#isHeldUp && !this.#ended && !stream.aborted) events.onHalfClose();
    };
    stream.on('data', read);
    stream.on('end', () => {
      isEnd = true;
      endOfWords();
    });
    stream.on('drain', events.onDrain);
    stream.once('close', () => hold(0));
    stream.once('close', () => events.onClosed(this.#ended ? this.#ended.details : 'cancelled'));
  }

  /**
   * Writes a message: `frame` is its gRPC header with the first part of it, `tail` the rest. Shared bytes are not copied. False: the
   * peer is behind, and `onDrain` says when it is not.
   */
  write(frame: Buffer, tail: Buffer): boolean {
    if (this.isOver) return true;
    const stream = this.#stream;
    this.#respond();
    if (frame.length <= COPIED_BYTES) return stream.write(Buffer.concat([frame, tail]));
    stream.cork();
    stream.write(frame);
    const hasRoom = stream.write(tail);
    stream.uncork();
    return hasRoom;
  }

  /** Ends it with a status, once what was written is sent. */
  end(code: status, details = ''): void {
    if (this.isOver) return;
    this.#ended = { code, details };
    const stream = this.#stream;
    const trailers = {
      'grpc-status': String(code),
      ...(details === '' ? {} : { 'grpc-message': percentEncoded(shortened(details)) }),
    };
    if (!this.#responded) {
      stream.respond({ ...RESPONSE_HEADERS, ...trailers }, { endStream: true });
      this.#letGo();
      return;
    }
    stream.once('wantTrailers', () => {
      stream.sendTrailers(trailers);
      this.#letGo();
    });
    stream.end();
  }

  /** Reads nothing more until `resume`. */
  pause(): void {
    this.#isPaused = true;
    this.#stream.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#flow();
  }

  #flow(): void {
    if (!this.#isPaused && !this.#isHeldUp && !this.#stream.destroyed) this.#stream.resume();
  }

  #respond(): void {
    if (this.#responded) return;
    this.#responded = true;
    this.#stream.respond(RESPONSE_HEADERS, { waitForTrailers: true });
  }

  /** The answer is complete: what the peer may go on sending is of no interest. */
  #letGo(): void {
    const stream = this.#stream;
    stream.resume();
    setImmediate(() => stream.close(http2.constants.NGHTTP2_NO_ERROR));
  }
}

const shortened = (text: string): string => (text.length > MAX_DETAILS ? `${text.slice(0, MAX_DETAILS)}…` : text);

/** https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#responses */
const percentEncoded = (text: string): string =>
  [...Buffer.from(text)]
    .map((byte) =>
      byte >= 0x20 && byte <= 0x7e && byte !== 0x25
        ? String.fromCharCode(byte)
        : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
    )
    .join('');

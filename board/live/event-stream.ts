import { BoardRefusal } from '../api/board-refusal.ts';
import type { EventName, Hello } from '../api/types/events.ts';
import type { LiveFeed } from './live-feed.ts';
import { positionOf, positionText } from './positions.ts';

const HEARTBEAT_MS = 15_000;
/** A browser has a handful of connections to one host; a crowd of release managers has no more than that. */
const MOST_STREAMS = 256;

export type StreamOptions = {
  readonly feed: LiveFeed;
  readonly hello: () => Hello;
  /** Whether whoever opened it may still listen; asked with each heartbeat. */
  readonly isWelcome: () => Promise<boolean>;
  /** Of the server: ends all streams. */
  readonly signal: AbortSignal;
  readonly heartbeatMs?: number;
};

/**
 * A response of server-sent events. What is not read is not written: a reader who is slow gets the newest of each thing once, and never
 * holds more than a bound. https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export async function eventStream(request: Request, options: StreamOptions): Promise<Response> {
  const { feed, hello, isWelcome, signal, heartbeatMs = HEARTBEAT_MS } = options;
  if (feed.listeners >= MOST_STREAMS)
    throw new BoardRefusal(503, 'board-too-many-streams', `${feed.listeners} pages listen already`, 'fewer open pages');
  const last = request.headers.get('last-event-id') ?? undefined;
  const after = positionOf(last);
  const listener = await feed.listen(after);
  const gone = new AbortController();
  const ended = AbortSignal.any([request.signal, signal, gone.signal]);
  const text = new TextEncoder();
  let isFirst = true;

  const event = (name: EventName, data: unknown, id: string): Uint8Array =>
    text.encode(`id: ${id}\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n`);

  const body = new ReadableStream<Uint8Array>(
    {
      // Called only when the reader has room.
      async pull(controller) {
        try {
          if (isFirst) {
            isFirst = false;
            // Who heard something that is none of ours has to fetch all of it.
            const name = last !== undefined && after === undefined ? 'reset' : 'hello';
            const id = positionText(after ?? listener.position);
            controller.enqueue(concat(text.encode('retry: 1000\n'), event(name, hello(), id)));
            return;
          }
          const told = await listener.next(heartbeatMs, ended);
          if (told) {
            const id = positionText(told.position);
            controller.enqueue(told.kind === 'reset' ? event('reset', hello(), id) : event('change', told.changes, id));
            return;
          }
          if (!(await isWelcome())) {
            controller.enqueue(event('signed-out', {}, positionText(listener.position)));
            throw new Error('signed out');
          }
          controller.enqueue(text.encode(': still here\n\n'));
        } catch {
          listener[Symbol.dispose]();
          controller.close();
        }
      },
      cancel() {
        gone.abort();
        listener[Symbol.dispose]();
      },
    },
    { highWaterMark: 1 },
  );
  // Whoever goes away while nothing is asked of the stream is forgotten at once.
  ended.addEventListener('abort', () => listener[Symbol.dispose](), { once: true });
  return new Response(body, {
    headers: {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      // nginx would hold events back.
      'x-accel-buffering': 'no',
    },
  });
}

function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

import { signal } from '@preact/signals';
import type { Change, Hello } from '../../api/types/events.ts';
import { nowEpochMs, setServerTime } from './clock.ts';

export type Connection =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  /** Nothing is heard; what is shown is as it was then. `sinceEpochMs` by the clock of the page, which is the server's. */
  | { readonly kind: 'lost'; readonly sinceEpochMs: number };

export const connection = signal<Connection>({ kind: 'connecting' });
export const toolVersion = signal<string | undefined>(undefined);

export type StreamSink = {
  /** Fetch what these touch. */
  readonly changed: (changes: readonly Change[]) => void;
  /** Fetch all: nobody knows what was missed. */
  readonly reset: () => void;
  /** It works again, and nothing was missed: only what could not be fetched meanwhile is to be fetched. */
  readonly resumed: () => void;
  readonly signedOut: () => void;
};

/** How long to wait for a new connection after the browser has given one up: it does so for every answer that is no stream. */
const AGAIN_MS = 2_000;

/**
 * Listens to `/api/events`. After a break the browser itself connects again and says what it heard last (`Last-Event-ID`), so that the
 * server goes on from there. A connection that the browser gave up begins anew, and everything is fetched again. Returns how to end it.
 */
export function listen(sink: StreamSink, open = (): EventSource => new EventSource('/api/events')): () => void {
  let source: EventSource;
  let again: ReturnType<typeof setTimeout> | undefined;
  let isFirst = true;

  const begin = (isAnew: boolean): void => {
    source = open();
    source.addEventListener('open', () => {
      const wasLost = connection.peek().kind === 'lost';
      connection.value = { kind: 'live' };
      // What was fetched before the first connection may have changed before it.
      if (isAnew || isFirst) sink.reset();
      else if (wasLost) sink.resumed();
      isFirst = false;
    });
    source.addEventListener('hello', ({ data }) => {
      const hello = JSON.parse(data) as Hello;
      setServerTime(hello.nowEpochMs);
      toolVersion.value = hello.toolVersion;
    });
    source.addEventListener('change', ({ data }) => sink.changed(JSON.parse(data) as readonly Change[]));
    source.addEventListener('reset', () => sink.reset());
    source.addEventListener('signed-out', () => sink.signedOut());
    source.addEventListener('error', () => {
      if (connection.peek().kind !== 'lost') connection.value = { kind: 'lost', sinceEpochMs: nowEpochMs.peek() };
      if (source.readyState !== EventSource.CLOSED) return;
      again = setTimeout(() => begin(true), AGAIN_MS);
    });
  };
  begin(false);
  return () => {
    clearTimeout(again);
    source.close();
  };
}

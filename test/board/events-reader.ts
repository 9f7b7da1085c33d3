import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import type { Change } from '../../board/api/types/events.ts';
import { pollUntil } from '../../conformance/poll-until.ts';

export type SeenEvent = { readonly id: string; readonly name: string; readonly data: unknown };

/** A page that listens, as a browser does. */
export interface EventsReader extends AsyncDisposable {
  readonly events: readonly SeenEvent[];
  readonly ended: boolean;
  /** Of the newest event: what a browser sends when it is back. */
  readonly lastId: string;
  changes(): readonly Change[];
  /** Resolves once it is true of what was heard. */
  until(what: string, is: () => boolean): Promise<void>;
  /** Reads no more until it is called again, as a page in the background does. */
  pause(): void;
}

const WITHIN_MS = 20_000;
const never = new AbortController().signal;

export async function readEvents(url: string, headers: Record<string, string> = {}): Promise<EventsReader> {
  const events: SeenEvent[] = [];
  let ended = false;
  let sent!: ClientRequest;
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    sent = request(
      `${url}/api/events`,
      { headers: { accept: 'text/event-stream', ...headers }, agent: false },
      resolve,
    );
    sent.on('error', reject).end();
  });
  let text = '';
  response.setEncoding('utf8');
  response.on('data', (chunk: string) => {
    text += chunk;
    for (let end = text.indexOf('\n\n'); end !== -1; end = text.indexOf('\n\n')) {
      const event = eventOf(text.slice(0, end));
      text = text.slice(end + 2);
      if (event) events.push(event);
    }
  });
  const end = (): void => {
    ended = true;
  };
  response.on('close', end);
  sent.on('error', end);
  return {
    events,
    get ended() {
      return ended;
    },
    get lastId() {
      return events.at(-1)?.id ?? '';
    },
    changes: () => events.flatMap(({ name, data }) => (name === 'change' ? (data as Change[]) : [])),
    async until(what, is) {
      const seen = pollUntil(what, WITHIN_MS, never, async () => is() || undefined);
      await seen.catch((cause: unknown) => {
        throw new Error(`${what}: not seen in ${JSON.stringify(events)}`, { cause });
      });
    },
    pause: () => void response.pause(),
    async [Symbol.asyncDispose]() {
      sent.destroy();
    },
  };
}

function eventOf(block: string): SeenEvent | undefined {
  const fields = new Map(
    block.split('\n').flatMap((line): [string, string][] => {
      const at = line.indexOf(': ');
      return at > 0 ? [[line.slice(0, at), line.slice(at + 2)]] : [];
    }),
  );
  const data = fields.get('data');
  if (data === undefined) return undefined;
  return { id: fields.get('id') ?? '', name: fields.get('event') ?? '', data: JSON.parse(data) };
}

import { pause, pauseAfter, type Retry, SourceFault } from '../ask-on.ts';
import { type HttpAnswer, type HttpApi, jsonOf } from '../http/http-api.ts';
import { linesOf } from '../http/json-lines.ts';
import { type EndpointSlice, readSlice, readSliceList } from './endpoint-slices.ts';

const MAX_BYTES = 64 * 1024 * 1024;
const MAX_EVENT_BYTES = 4 * 1024 * 1024;
const PAGE = '500';
const MAX_PAGES = 200;
const LIST_MS = 30_000;
const GRACE_MS = 15_000;

/** What was watched is older than what the server remembers; what it has is listed anew. */
class Gone extends Error {
  override readonly name = 'Gone';
}

export type SlicesQuestion = {
  readonly namespace: string;
  /** https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors */
  readonly selector: string;
};

/**
 * The EndpointSlices of a namespace that bear the labels: listed, then watched from there, with bookmarks. By
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
 * Yields all of them whenever one changed; returns how long to wait until they are listed anew. Throws `SourceFault`.
 */
export async function* watchSlices(
  question: SlicesQuestion,
  ports: { readonly api: HttpApi; readonly watchMs: number; readonly retry: Retry },
  signal: AbortSignal,
): AsyncGenerator<readonly EndpointSlice[], number, void> {
  const { namespace } = question;
  const { api, watchMs, retry } = ports;
  const path = `/apis/discovery.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}/endpointslices`;
  const selector = ['labelSelector', question.selector] as const;

  async function list(): Promise<{ readonly slices: Map<string, EndpointSlice>; readonly version: string }> {
    const slices = new Map<string, EndpointSlice>();
    let next: string | undefined;
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const query = [selector, ['limit', PAGE] as const, ...(next === undefined ? [] : [['continue', next] as const])];
      const answer = await api.get(path, { query, timeoutMs: LIST_MS, signal });
      // Pages are of one version, which may be forgotten before the last one is read.
      if (answer.status === 410 && next !== undefined) {
        answer.body.destroy();
        throw new Gone();
      }
      const read = readSliceList(await jsonOf(answer, api.origin, MAX_BYTES), api.origin);
      for (const slice of read.slices) slices.set(slice.name, slice);
      if (read.next === undefined) return { slices, version: read.version };
      next = read.next;
    }
    throw new SourceFault(`${api.origin} answered with more than ${MAX_PAGES} pages`);
  }

  /** Yields whenever slices changed; returns the version to go on from. */
  async function* changes(slices: Map<string, EndpointSlice>, from: string): AsyncGenerator<void, string> {
    let version = from;
    const seconds = Math.ceil(watchMs / 1_000);
    const answer = await api.get(path, {
      query: [
        selector,
        ['watch', 'true'],
        ['allowWatchBookmarks', 'true'],
        ['resourceVersion', version],
        ['timeoutSeconds', String(seconds)],
      ],
      timeoutMs: seconds * 1_000 + GRACE_MS,
      signal,
    });
    try {
      if (answer.status === 410) throw new Gone();
      await refuseOthers(answer, api.origin);
      for await (const line of linesOf(answer.body, MAX_EVENT_BYTES, api.origin)) {
        const event = eventOf(line, api.origin);
        if (event.type === 'ERROR') {
          if (event.code === 410) throw new Gone();
          throw new SourceFault(`${api.origin} ended the watch: ${event.message}`);
        }
        version = event.version;
        if (event.type === 'BOOKMARK') continue;
        if (event.type === 'DELETED') slices.delete(event.slice.name);
        else slices.set(event.slice.name, event.slice);
        yield;
      }
      return version;
    } finally {
      answer.body.destroy();
    }
  }

  try {
    const listed = await list();
    const { slices } = listed;
    let { version } = listed;
    yield [...slices.values()];
    let short = 0;
    while (!signal.aborted) {
      let isShort = true;
      const least = pause(pauseAfter(short + 1, retry, Math.random()), signal).then(() => {
        isShort = false;
      });
      const watched = changes(slices, version);
      for (;;) {
        const step = await watched.next();
        if (step.done) {
          version = step.value;
          break;
        }
        yield [...slices.values()];
      }
      // A proxy that ends every watch as it begins, or a server that is overloaded, would be asked without a pause.
      short = isShort ? short + 1 : 0;
      await least;
    }
  } catch (error) {
    // No failure: what is believed stays until the list is there.
    if (error instanceof Gone) return retry.firstMs;
    throw error;
  }
  return 0;
}

async function refuseOthers(answer: HttpAnswer, origin: string): Promise<void> {
  if (answer.status !== 200) await jsonOf(answer, origin, MAX_BYTES);
}

type WatchEvent =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly slice: EndpointSlice; readonly version: string }
  | { readonly type: 'BOOKMARK'; readonly version: string }
  | { readonly type: 'ERROR'; readonly code: number; readonly message: string };

function eventOf(line: string, origin: string): WatchEvent {
  const broken = (): SourceFault => new SourceFault(`${origin} sent an event that cannot be read`);
  let event: { readonly type?: unknown; readonly object?: unknown } | null;
  try {
    event = JSON.parse(line) as typeof event;
  } catch {
    throw broken();
  }
  const object = (event?.object ?? {}) as {
    readonly metadata?: { readonly resourceVersion?: unknown };
    readonly code?: unknown;
    readonly message?: unknown;
  };
  const type = event?.type;
  if (type === 'ERROR')
    return { type, code: Number(object.code ?? 0), message: String(object.message ?? 'without a word').slice(0, 120) };
  const version = object.metadata?.resourceVersion;
  if (typeof version !== 'string' || version === '') throw broken();
  if (type === 'BOOKMARK') return { type, version };
  if (type !== 'ADDED' && type !== 'MODIFIED' && type !== 'DELETED') throw broken();
  return { type, slice: readSlice(object, origin), version };
}

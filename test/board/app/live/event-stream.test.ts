import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';

/** As browsers have it, as far as the page listens to it. */
class FakeSource {
  static readonly CLOSED = 2;
  static all: FakeSource[] = [];
  readyState = 0;
  readonly #listeners = new Map<string, (event: { data: string }) => void>();
  isClosed = false;
  constructor() {
    FakeSource.all.push(this);
  }
  addEventListener(name: string, listener: (event: { data: string }) => void): void {
    this.#listeners.set(name, listener);
  }
  close(): void {
    this.isClosed = true;
  }
  tell(name: string, data: unknown = {}): void {
    this.#listeners.get(name)?.({ data: JSON.stringify(data) });
  }
}

type Stream = {
  listen(sink: object, open: () => FakeSource): () => void;
  connection: { readonly value: { readonly kind: string } };
};
let stream: Stream;
const heard: string[] = [];
const sink = {
  changed: (changes: readonly { readonly kind: string }[]) => heard.push(`changed ${changes.map(({ kind }) => kind)}`),
  reset: () => heard.push('reset'),
  resumed: () => heard.push('resumed'),
  signedOut: () => heard.push('signed out'),
};
const listening = (): [FakeSource, () => void] => {
  const end = stream.listen(sink, () => new FakeSource());
  return [FakeSource.all.at(-1) as FakeSource, end];
};

beforeAll(async () => {
  vi.useFakeTimers();
  vi.stubGlobal('document', { hidden: false, addEventListener: () => undefined });
  vi.stubGlobal('EventSource', FakeSource);
  // It knows a browser, which the types of tests do not.
  const path = '../../../../board/app/live/event-stream.ts';
  stream = (await import(path)) as Stream;
});
beforeEach(() => {
  heard.length = 0;
  FakeSource.all.length = 0;
});
afterAll(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

test('what was fetched before the first connection is fetched once more; after a break that the browser mends, what failed', () => {
  const [source, end] = listening();
  source.tell('open');
  expect(heard).toEqual(['reset']);
  source.tell('change', [{ kind: 'line' }]);
  source.tell('error');
  expect(stream.connection.value.kind).toBe('lost');
  source.tell('open');
  expect(stream.connection.value.kind).toBe('live');
  expect(heard).toEqual(['reset', 'changed line', 'resumed']);
  end();
  expect(source.isClosed).toBe(true);
});

test('a connection that the browser gave up begins anew by itself, and then everything is fetched', async () => {
  const [source, end] = listening();
  source.tell('open');
  source.readyState = FakeSource.CLOSED;
  source.tell('error');
  await vi.advanceTimersByTimeAsync(10_000);
  expect(FakeSource.all).toHaveLength(2);
  FakeSource.all[1]?.tell('open');
  expect(heard).toEqual(['reset', 'reset']);
  end();
});

test('the server says that everything is old, or that the session has ended', () => {
  const [source, end] = listening();
  source.tell('open');
  source.tell('reset', { nowEpochMs: 0, toolVersion: '1' });
  source.tell('signed-out');
  expect(heard).toEqual(['reset', 'reset', 'signed out']);
  end();
});

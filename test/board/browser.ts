import { type Asked, CSRF_HEADER } from '../../board/api/types/action.ts';
import type { Me } from '../../board/api/types/me.ts';
import { type Given, send } from './board-world.ts';

/** A person's browser, as far as signing in goes: cookies by host, redirects, and what a page of the board sends. */
export class Browser {
  readonly #cookies = new Map<string, Map<string, string>>();
  readonly board: string;
  /** `set-cookie` headers of the board, newest last. */
  readonly set: string[] = [];

  constructor(board: string) {
    this.board = board;
  }

  #jar(url: string): Map<string, string> {
    const { host } = new URL(url);
    const jar = this.#cookies.get(host) ?? new Map<string, string>();
    this.#cookies.set(host, jar);
    return jar;
  }

  cookie(name: string, url = this.board): string | undefined {
    return this.#jar(url).get(name);
  }
  plant(name: string, value: string): void {
    this.#jar(this.board).set(name, value);
  }

  async ask(url: string, options: Parameters<typeof send>[1] = {}): Promise<Given> {
    const jar = this.#jar(url);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const given = await send(url, { ...options, headers: { ...(cookie ? { cookie } : {}), ...options.headers } });
    for (const line of [given.headers['set-cookie'] ?? []].flat()) {
      if (url.startsWith(this.board)) this.set.push(line);
      const [pair = ''] = line.split(';');
      const [name = '', value = ''] = [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)];
      if (value === '' || /max-age=0|expires=thu, 01 jan 1970/i.test(line)) jar.delete(name);
      else jar.set(name, value);
    }
    return given;
  }

  /** Follows redirects from `url` until `stop` says so, or there is none. Resolves with the last address and answer. */
  async follow(url: string, stop: (next: string) => boolean = () => false): Promise<{ url: string; given: Given }> {
    let at = url;
    for (let steps = 0; steps < 12; steps++) {
      const given = await this.ask(at);
      const { location } = given.headers;
      if (typeof location !== 'string') return { url: at, given };
      const next = new URL(location, at).href;
      if (stop(next)) return { url: next, given };
      at = next;
    }
    throw new Error(`redirects without end, at ${at}`);
  }

  signIn(to = '/'): Promise<{ url: string; given: Given }> {
    return this.follow(`${this.board}/sign-in?to=${encodeURIComponent(to)}`);
  }

  async me(): Promise<Me['signIn']> {
    const { body } = await this.ask(`${this.board}/api/me`);
    return (JSON.parse(body.toString('utf8')) as Me).signIn;
  }

  /** As the page does it, unless told otherwise. */
  async act(
    command: Asked,
    { request = crypto.randomUUID(), headers = {} }: { request?: string; headers?: Record<string, string> } = {},
  ): Promise<{ readonly status: number; readonly answer: Record<string, unknown> }> {
    const me = await this.me();
    const own = {
      'content-type': 'application/json',
      origin: this.board,
      [CSRF_HEADER]: me.kind === 'in' ? me.csrf : '',
    };
    const given = await this.ask(`${this.board}/api/commands`, {
      method: 'POST',
      headers: { ...own, ...headers },
      body: JSON.stringify({ command, request }),
    });
    return { status: given.status, answer: JSON.parse(given.body.toString('utf8')) };
  }
}

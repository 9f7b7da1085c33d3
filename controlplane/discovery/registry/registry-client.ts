import { problemOf } from '../ask-on.ts';
import { hostKey } from '../discovered-host.ts';
import { type Registration, writtenRegistration } from './registration.ts';

/** One control plane's registration API, as a host that registers itself sees it. */
export type RegistryClient = {
  /** For people; without a password. */
  readonly origin: string;
  register(registration: Registration, signal: AbortSignal): Promise<RegistryReply>;
  deregister(registration: Registration, signal: AbortSignal): Promise<RegistryReply>;
};

export type RegistryReply =
  | { readonly kind: 'done' }
  /** It says no, and will say it again. */
  | { readonly kind: 'refused'; readonly problem: string }
  /** It cannot be asked now. */
  | { readonly kind: 'failed'; readonly problem: string };

const TIMEOUT_MS = 5_000;

/** `token` is asked for each time; it is in no words. */
export function registryClient(url: string, token?: () => Promise<string | undefined>): RegistryClient {
  const base = new URL(url);
  const { origin } = base;
  const ask = async (method: 'POST' | 'DELETE', path: string, body: object | undefined, signal: AbortSignal) => {
    try {
      const secret = await token?.();
      const response = await fetch(new URL(`${base.pathname.replace(/\/+$/, '')}${path}`, origin), {
        method,
        headers: {
          ...(body ? { 'content-type': 'application/json' } : {}),
          ...(secret ? { authorization: `Bearer ${secret}` } : {}),
        },
        ...(body ? { body: JSON.stringify(body) } : {}),
        redirect: 'error',
        signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
      });
      const words = (await response.text()).slice(0, 200).trim();
      return { status: response.status, words };
    } catch (error) {
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
      return { status: 0, words: problemOf(cause) };
    }
  };
  const replyOf = ({ status, words }: { readonly status: number; readonly words: string }): RegistryReply => {
    if (status >= 200 && status < 300) return { kind: 'done' };
    const problem = status === 0 ? `${origin} cannot be asked: ${words}` : `${origin} answered ${status}: ${words}`;
    return { kind: status >= 400 && status < 500 && status !== 429 ? 'refused' : 'failed', problem };
  };
  const pathOf = (service: string): string => `/v1/registration/${encodeURIComponent(service)}`;
  return {
    origin,
    register: async (registration, signal) =>
      replyOf(await ask('POST', pathOf(registration.service), writtenRegistration(registration), signal)),
    async deregister({ service, host }, signal) {
      const answer = await ask('DELETE', `${pathOf(service)}/${encodeURIComponent(hostKey(host))}`, undefined, signal);
      // It was not there: that is what was wanted.
      return answer.status === 404 ? { kind: 'done' } : replyOf(answer);
    },
  };
}

import type { Turn } from './active-behaviour.ts';
import type { HealthCheckAnswer } from './stand-in.ts';
import type { StandInState } from './stand-in-state.ts';

/** An answer to an HTTP request that is no gRPC call, whatever the version of HTTP. */
export type PlainAnswer = {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>> | undefined;
};

const NONE: PlainAnswer = { status: 200, contentType: 'text/plain', body: '', headers: undefined };

/** What is asked, as far as an answer depends on it. */
export type Asked = {
  readonly method: string;
  readonly path: string;
  readonly contentType: string | undefined;
  readonly requestId: string | undefined;
};

export function trafficAnswer(standIn: StandInState, asked: Asked, turn: Turn | undefined, jwks: string): PlainAnswer {
  const { method, path, requestId } = asked;
  const status = turn?.status ?? 200;
  const body = turn?.body ?? (status === 200 && requestId === undefined ? outsideServiceBody(asked, jwks) : undefined);
  if (body !== undefined) {
    return {
      status,
      contentType: body.startsWith('{') ? 'application/json' : 'text/plain',
      body,
      headers: turn?.headers,
    };
  }
  const id = requestId === undefined ? '' : `,"requestId":${JSON.stringify(requestId)}`;
  return {
    status,
    contentType: 'application/json',
    body: `${standIn.answerStart},"method":"${method}","path":${JSON.stringify(path)}${id}}\n`,
    headers: turn?.headers,
  };
}

export function healthAnswer(standIn: StandInState, path: string): PlainAnswer {
  if (standIn.health === 'maintenance') return { ...NONE, status: 503, body: 'maintenance\n' };
  const wanted: HealthCheckAnswer = standIn.healthCheckPaths.get(path) ?? {};
  return { ...NONE, status: wanted.status ?? 200, body: wanted.body ?? '', headers: wanted.headers };
}

/** Documents that Envoy's own filters fetch and cannot do without. Requests of a check, which name themselves, are no such thing. */
function outsideServiceBody({ method, path, contentType }: Asked, jwks: string): string | undefined {
  if (method === 'GET' && (path.includes('jwks') || path.includes('certs'))) return jwks;
  if (method === 'POST' && path.includes('token') && contentType?.startsWith('application/x-www-form-urlencoded')) {
    return '{"access_token":"meshgate","id_token":"meshgate","token_type":"Bearer","expires_in":3600}';
  }
  return undefined;
}

/** Statuses that come without a body (RFC 9110, section 6.4.1). */
export const hasNoBody = (status: number): boolean => status === 204 || status === 304;

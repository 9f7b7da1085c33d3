import { hostKeyText } from '../../upstream/stand-in.ts';
import type { Exchange } from './exchange.ts';

const BODY_HEAD = 160;

/** The head of a body as one line of text. */
export function bodyHead(body: string): string {
  if (body === '') return 'no body';
  const shown = JSON.stringify(body.slice(0, BODY_HEAD));
  return body.length > BODY_HEAD ? `body ${shown} and ${body.length - BODY_HEAD} more characters` : `body ${shown}`;
}

/** Which stand-ins a request reached, in order. */
export function reachedHosts({ attempts }: Exchange): string {
  if (attempts.length === 0) return 'no host reached';
  const last = attempts.at(-1);
  const answered = last ? `answered by ${hostKeyText(last.host)}` : '';
  return attempts.length === 1 ? answered : `${answered} after ${attempts.length} attempts`;
}

/** Everything about an answer that helps to find out why: status, Envoy's own headers, the head of the body, the hosts reached. */
export function describeExchange(exchange: Exchange): string {
  const { answer } = exchange;
  if (answer.kind === 'failed') return `no answer (${answer.reason}: ${answer.message}); ${reachedHosts(exchange)}`;
  const grpc = answer.grpcStatus === undefined ? '' : `, grpc-status ${answer.grpcStatus}`;
  // The service time differs from answer to answer and says nothing: without it, like answers are told as one.
  const fromEnvoy = Object.entries(answer.headers)
    .filter(([name]) => name.startsWith('x-envoy-') && name !== 'x-envoy-upstream-service-time')
    .map(([name, value]) => `, ${name}: ${value}`)
    .join('');
  const said = answer.grpcMessage
    ? `grpc-message ${JSON.stringify(answer.grpcMessage.slice(0, BODY_HEAD))}`
    : bodyHead(answer.body);
  return `status ${answer.status}${grpc}${fromEnvoy}; ${said}; ${reachedHosts(exchange)}`;
}

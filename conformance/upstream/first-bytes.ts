import { METHODS } from 'node:http';
import { startsAlike } from './proxy-protocol.ts';
import type { TcpHealthCheck } from './stand-in-state.ts';

/** What a client speaks, told by its first bytes. `undecided`: more are needed. */
export type Spoken =
  | { readonly kind: 'http/1.1' | 'h2' | 'tls' | 'tcp' | 'undecided' }
  | { readonly kind: 'tcp-health-check'; readonly check: TcpHealthCheck };

/** RFC 9113, section 3.4. */
const HTTP2_PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const TLS_HANDSHAKE = 0x16;
/** The parser behind `node:http` takes these and no others. */
const REQUEST_STARTS = METHODS.map((method) => Buffer.from(`${method} `));

export function spokenIn(bytes: Buffer, healthChecks: readonly TcpHealthCheck[]): Spoken {
  let undecided = bytes.length === 0;
  for (const check of healthChecks) {
    if (check.send.length === 0 || !startsAlike(bytes, check.send)) continue;
    if (bytes.length >= check.send.length) return { kind: 'tcp-health-check', check };
    undecided = true;
  }
  if (undecided) return { kind: 'undecided' };
  if (bytes[0] === TLS_HANDSHAKE) {
    if (bytes.length < 3) return { kind: 'undecided' };
    return { kind: bytes[1] === 3 && (bytes[2] ?? 0xff) <= 4 ? 'tls' : 'tcp' };
  }
  if (startsAlike(bytes, HTTP2_PREFACE)) return { kind: bytes.length >= HTTP2_PREFACE.length ? 'h2' : 'undecided' };
  for (const start of REQUEST_STARTS) {
    if (startsAlike(bytes, start)) return { kind: bytes.length >= start.length ? 'http/1.1' : 'undecided' };
  }
  return { kind: 'tcp' };
}

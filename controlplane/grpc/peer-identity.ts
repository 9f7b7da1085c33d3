import type { Http2Session } from 'node:http2';
import { TLSSocket } from 'node:tls';

/** Who is at the other end of a connection, as its certificate says; checked against the authority that clients are to have. */
export type PeerIdentity = {
  /** URIs of the subject alternative name, such as `spiffe://shop.example/stage/beta/service/payments`. */
  readonly uris: readonly string[];
  readonly dnsNames: readonly string[];
};

const known = new WeakMap<Http2Session, PeerIdentity>();

/** Undefined: the peer showed no certificate, or none was asked for. */
export function peerOf(session: Http2Session): PeerIdentity | undefined {
  const found = known.get(session);
  if (found) return found;
  const { socket } = session;
  if (!isTls(socket) || !socket.authorized) return undefined;
  const names = socket.getPeerX509Certificate()?.subjectAltName;
  const identity = { uris: alternativeNames(names, 'URI'), dnsNames: alternativeNames(names, 'DNS') };
  known.set(session, identity);
  return identity;
}

/** A session's socket is a stand-in for the real one that passes its properties on. */
const isTls = (socket: unknown): socket is TLSSocket =>
  socket instanceof TLSSocket || (socket as { encrypted?: boolean } | undefined)?.encrypted === true;

/** `URI:spiffe://a, DNS:b`; a name that holds a comma is written in quotes, as JSON. */
function alternativeNames(text: string | undefined, kind: 'URI' | 'DNS'): string[] {
  const names: string[] = [];
  for (const [, type, quoted, plain] of (text ?? '').matchAll(/(?:^|, )([A-Za-z ]+):(?:("(?:[^"\\]|\\.)*")|([^,]*))/g))
    if (type === kind) names.push(quoted === undefined ? (plain ?? '') : (JSON.parse(quoted) as string));
  return names;
}

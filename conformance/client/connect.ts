import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import type { CellPki, ListenerAddress } from '../cell/running-cell.ts';
import type { ProxyAddresses, RequestSpec } from '../checks/check.ts';

/**
 * TLS to a listener: the chain must end at the cell's authority; the name need not fit, because listeners of every name are
 * asked for on loopback.
 */
export function tlsOptions(
  tls: NonNullable<RequestSpec['tls']>,
  pki: CellPki,
  alpn: readonly string[],
): ConnectionOptions {
  return {
    ca: pki.caCertificate,
    checkServerIdentity: () => undefined,
    // RFC 6066: an IP address is no server name.
    ...(isIP(tls.serverName) === 0 ? { servername: tls.serverName } : { servername: '' }),
    ...(tls.clientCertificate ? { cert: pki.certificate, key: pki.privateKey } : {}),
    ALPNProtocols: [...alpn],
    minVersion: 'TLSv1',
    ciphers: 'DEFAULT:@SECLEVEL=0',
  };
}

/** Version 1 of the PROXY protocol, https://www.haproxy.org/download/2.9/doc/proxy-protocol.txt */
const proxyHeaderLine = ({ source, destination }: ProxyAddresses): string =>
  `PROXY TCP${isIP(source.address)} ${source.address} ${destination.address} ${source.port} ${destination.port}\r\n`;

/** The PROXY header goes out first, below TLS. */
function connectBehind(
  { host, port }: ListenerAddress,
  tls: ConnectionOptions | undefined,
  proxyProtocol: ProxyAddresses,
): Socket | TLSSocket {
  const below = connectTcp({ host, port, noDelay: true });
  below.write(proxyHeaderLine(proxyProtocol));
  if (!tls) return below;
  const socket = connectTls({ socket: below, ...tls });
  // A TLS socket over another one tells that the other ended, but not why.
  below.on('error', (error) => socket.destroy(error));
  return socket;
}

function connectPlainly({ host, port }: ListenerAddress, tls: ConnectionOptions | undefined): Socket | TLSSocket {
  const socket = tls ? connectTls({ host, port, ...tls }) : connectTcp({ host, port, noDelay: true });
  if (tls) socket.setNoDelay(true);
  return socket;
}

/** A connection on its way; `error` and `close` come as events, `handshaking` is true until TLS (where asked for) is up. */
export function openSocket(
  address: ListenerAddress,
  tls: ConnectionOptions | undefined,
  proxyProtocol?: ProxyAddresses,
): { readonly socket: Socket | TLSSocket; readonly whenReady: Promise<void>; readonly handshaking: () => boolean } {
  const socket = proxyProtocol ? connectBehind(address, tls, proxyProtocol) : connectPlainly(address, tls);
  let handshaking = tls !== undefined;
  const whenReady = new Promise<void>((resolve, reject) => {
    socket.once(tls ? 'secureConnect' : 'connect', () => {
      handshaking = false;
      resolve();
    });
    // For good: TLS tells of a refused connection twice.
    socket.on('error', reject);
    socket.once('close', () =>
      reject(Object.assign(new Error('the connection was closed before it was up'), { code: 'ECONNRESET' })),
    );
  });
  whenReady.catch(() => undefined);
  return { socket, whenReady, handshaking: () => handshaking };
}

/** Connections may be shared by requests for which this is the same. */
export const connectionKey = ({ host, port }: ListenerAddress, { tls, protocol, proxyProtocol }: RequestSpec): string =>
  `${protocol} ${host} ${port} ${proxyProtocol ? proxyHeaderLine(proxyProtocol) : ''}${tls ? `${tls.clientCertificate ? 'mutual' : 'tls'} ${tls.serverName}` : ''}`;

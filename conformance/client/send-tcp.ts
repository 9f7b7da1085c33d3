import type { CellPki, ListenerAddress } from '../cell/running-cell.ts';
import type { ProxyAddresses, RequestSpec } from '../checks/check.ts';
import { type FailedRequest, failureReason, failureText } from './client-answer.ts';
import { openSocket, tlsOptions } from './connect.ts';

export type TcpOptions = {
  readonly pki: CellPki;
  readonly signal?: AbortSignal;
  readonly tls?: NonNullable<RequestSpec['tls']> & { readonly applicationProtocol?: string };
  readonly proxyProtocol?: ProxyAddresses;
  /** Default 5,000. */
  readonly timeoutMs?: number;
  /** Resolves as soon as this much has come back; default: as much as was sent, which is what a stand-in echoes. */
  readonly expectBytes?: number;
};
export type TcpAnswer = { readonly kind: 'answer'; readonly bytes: Buffer; readonly latencyMs: number } | FailedRequest;

const KEPT_BYTES = 1024 * 1024;

/**
 * Sends bytes on a connection of its own and collects what comes back (the first MiB) until it is enough or the other side ends.
 * An end without a single byte is `reset`. Rejects only when the signal was aborted.
 */
export async function sendTcp(address: ListenerAddress, bytes: Uint8Array, options: TcpOptions): Promise<TcpAnswer> {
  const { pki, signal, tls, proxyProtocol, timeoutMs = 5_000, expectBytes = bytes.length } = options;
  signal?.throwIfAborted();
  const startedMs = performance.now();
  const { socket, handshaking } = openSocket(
    address,
    tls && tlsOptions(tls, pki, tls.applicationProtocol === undefined ? [] : [tls.applicationProtocol]),
    proxyProtocol,
  );
  const chunks: Buffer[] = [];
  let received = 0;
  const outcome = await new Promise<Omit<FailedRequest, 'latencyMs'> | undefined>((resolve) => {
    const timer = setTimeout(
      () => resolve({ kind: 'failed', reason: 'timeout', message: `${received} bytes within ${timeoutMs} ms` }),
      timeoutMs,
    );
    socket.once('close', () => clearTimeout(timer));
    const aborted = () => resolve(undefined);
    signal?.addEventListener('abort', aborted, { once: true });
    socket.once('close', () => signal?.removeEventListener('abort', aborted));
    socket.on('error', (error) =>
      resolve({ kind: 'failed', reason: failureReason(error, handshaking()), message: failureText(error) }),
    );
    socket.on('data', (chunk: Buffer) => {
      if (received < KEPT_BYTES) chunks.push(chunk);
      received += chunk.length;
      if (received >= expectBytes) resolve(undefined);
    });
    const ended = () =>
      resolve(received > 0 ? undefined : { kind: 'failed', reason: 'reset', message: 'closed without a byte' });
    socket.once('end', ended);
    socket.once('close', ended);
    socket.write(bytes);
  });
  socket.destroy();
  signal?.throwIfAborted();
  const latencyMs = performance.now() - startedMs;
  return outcome ? { ...outcome, latencyMs } : { kind: 'answer', bytes: Buffer.concat(chunks), latencyMs };
}

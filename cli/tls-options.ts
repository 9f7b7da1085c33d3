import type { TlsFiles } from '../controlplane/grpc/tls-files.ts';
import { UsageError } from './usage-error.ts';

export type TlsOptions = {
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsClientCa?: string;
};

/** Undefined: not encrypted. Throws `UsageError` for a certificate without its key, and the other way round. */
export function tlsFilesOf({ tlsCert, tlsKey, tlsClientCa }: TlsOptions): TlsFiles | undefined {
  if (tlsCert === undefined && tlsKey === undefined) {
    if (tlsClientCa !== undefined) throw new UsageError('--tls-client-ca: want --tls-cert and --tls-key beside it');
    return undefined;
  }
  if (tlsCert === undefined) throw new UsageError('--tls-key: want --tls-cert beside it');
  if (tlsKey === undefined) throw new UsageError('--tls-cert: want --tls-key beside it');
  return { certFile: tlsCert, keyFile: tlsKey, ...(tlsClientCa === undefined ? {} : { clientCaFile: tlsClientCa }) };
}

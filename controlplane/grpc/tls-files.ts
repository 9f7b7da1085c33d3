import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';

export type TlsFiles = {
  /** The certificate with what is between it and the root, PEM. */
  readonly certFile: string;
  readonly keyFile: string;
  /** Who signs the certificates of clients, PEM. With it only clients with such a certificate are let in. */
  readonly clientCaFile?: string;
};

export type TlsMaterial = { readonly cert: Buffer; readonly key: Buffer; readonly clientCa?: Buffer };

/** What is wrong with the files; the text names them. */
export class TlsFilesError extends Error {
  override readonly name = 'TlsFilesError';
}

export type WatchedTlsFiles = { readonly first: TlsMaterial; stop(): void };

export type TlsWatchPorts = {
  readonly nowEpochMs: () => number;
  /** The files hold something else, and it can be used. */
  readonly onRenewed: (material: TlsMaterial) => void;
  /** Why what the files hold is not used, or that what is used has expired or soon will; undefined: all is well again. */
  readonly onProblem: (problem: string | undefined) => void;
  /** How often the files are read. Default 5 s. */
  readonly everyMs?: number;
};

const EVERY_MS = 5_000;
const SOON_MS = 24 * 60 * 60_000;

/**
 * Reads the files, and again whenever they change: by their content, since what renews them may put others in their place. Rejects
 * with `TlsFilesError` when they cannot be used at first; later on, what was good last stays in use.
 */
export async function watchTlsFiles(files: TlsFiles, ports: TlsWatchPorts): Promise<WatchedTlsFiles> {
  const first = await readTlsFiles(files);
  let current = first;
  let told: string | undefined;
  const tell = (problem: string | undefined): void => {
    if (problem === told) return;
    told = problem;
    ports.onProblem(problem);
  };
  tell(expiryProblem(files, current, ports.nowEpochMs()));
  let reading = false;
  const look = async (): Promise<void> => {
    if (reading) return;
    reading = true;
    try {
      const next = await readTlsFiles(files);
      if (!sameMaterial(next, current)) {
        current = next;
        ports.onRenewed(next);
      }
      tell(expiryProblem(files, current, ports.nowEpochMs()));
    } catch (error) {
      tell(`${error instanceof Error ? error.message : String(error)}; the certificate from before is used on`);
    } finally {
      reading = false;
    }
  };
  const timer = setInterval(() => void look(), ports.everyMs ?? EVERY_MS).unref();
  return { first, stop: () => clearInterval(timer) };
}

async function readTlsFiles({ certFile, keyFile, clientCaFile }: TlsFiles): Promise<TlsMaterial> {
  const read = (file: string): Promise<Buffer> =>
    readFile(file).catch((cause: NodeJS.ErrnoException) => {
      throw new TlsFilesError(`${file} cannot be read: ${cause.code ?? cause.message}`, { cause });
    });
  const [cert, key, clientCa] = await Promise.all([
    read(certFile),
    read(keyFile),
    clientCaFile === undefined ? undefined : read(clientCaFile),
  ]);
  try {
    createSecureContext({ cert, key, ...(clientCa ? { ca: clientCa } : {}) });
    const certificate = new X509Certificate(cert);
    if (clientCa) new X509Certificate(clientCa);
    void certificate;
  } catch (cause) {
    // While files are being replaced one by one, a key may not be that of the certificate beside it.
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new TlsFilesError(`${[certFile, keyFile, clientCaFile].filter(Boolean).join(', ')} cannot be used: ${why}`, {
      cause,
    });
  }
  return { cert, key, ...(clientCa ? { clientCa } : {}) };
}

function expiryProblem({ certFile }: TlsFiles, { cert }: TlsMaterial, nowEpochMs: number): string | undefined {
  const { validTo } = new X509Certificate(cert);
  const leftMs = Date.parse(validTo) - nowEpochMs;
  if (leftMs <= 0) return `${certFile} expired at ${validTo}: clients refuse it`;
  return leftMs < SOON_MS ? `${certFile} expires at ${validTo}` : undefined;
}

const sameMaterial = (a: TlsMaterial, b: TlsMaterial): boolean =>
  a.cert.equals(b.cert) && a.key.equals(b.key) && (a.clientCa?.equals(b.clientCa ?? Buffer.alloc(0)) ?? !b.clientCa);

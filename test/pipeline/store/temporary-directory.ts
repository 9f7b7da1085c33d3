import { mkdtemp, rm } from 'node:fs/promises';

/** A directory below /tmp, gone when it is disposed. */
export async function temporaryDirectory(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp('/tmp/store-');
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 5 }) };
}

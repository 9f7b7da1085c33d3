import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { freePort } from './free-port.ts';
import { goBuildMissing, keptProgram } from './kept-program.ts';
import { untilReady } from './until-ready.ts';

// A real S3 server that checks signatures and keeps to conditions. https://github.com/versity/versitygw
const VERSITYGW_VERSION = '1.8.0';
const NAME = `versitygw-${VERSITYGW_VERSION}`;
const READY_MS = 30_000;

/** Why there can be no server here; undefined where there can. */
export const s3ServerMissing = (cacheDir: string): Promise<string | undefined> => goBuildMissing(cacheDir, NAME);

/** Built once into `cacheDir`; the first time takes minutes. */
const versitygwIn = (cacheDir: string): Promise<string> =>
  keptProgram(cacheDir, NAME, async (work) => {
    const module = `github.com/versity/versitygw/cmd/versitygw@v${VERSITYGW_VERSION}`;
    await execa('go', ['install', module], { env: { GOBIN: work, GOFLAGS: '' } });
    await chmod(join(work, 'versitygw'), 0o755);
    return join(work, 'versitygw');
  });

export type S3Server = AsyncDisposable & {
  readonly endpoint: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** `kill -9`. */
  kill(): Promise<void>;
  /** On the same port, with the same data. */
  start(): Promise<void>;
};

/** A server with data of its own, which go when it is disposed. */
export async function startS3Server(cacheDir: string): Promise<S3Server> {
  const program = await versitygwIn(cacheDir);
  const dir = await mkdtemp(join(tmpdir(), 'meshgate-s3-'));
  const data = join(dir, 'data');
  await mkdir(data);
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const credentials = { accessKeyId: 'meshgate-test', secretAccessKey: 'wJalrXUtnFEMI-K7MDENG-bPxRfiCYEXAMPLE' };
  const run = () =>
    execa(program, ['--port', `127.0.0.1:${port}`, '--quiet', 'posix', data], {
      env: { ROOT_ACCESS_KEY: credentials.accessKeyId, ROOT_SECRET_KEY: credentials.secretAccessKey },
      reject: false,
      all: true,
      stdin: 'ignore',
    });
  let child: ReturnType<typeof run> | undefined;

  async function start(): Promise<void> {
    child = run();
    // Any answer will do: without a signature it is a refusal.
    await untilReady('versitygw', child, READY_MS, () => fetch(endpoint).then(() => true));
  }
  async function kill(): Promise<void> {
    child?.kill('SIGKILL');
    await child;
  }
  await start();
  return {
    endpoint,
    credentials,
    start,
    kill,
    async [Symbol.asyncDispose]() {
      await kill();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

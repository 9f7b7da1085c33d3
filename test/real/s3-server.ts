import { chmod, mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { freePort } from './free-port.ts';

// A real S3 server that checks signatures and keeps to conditions. https://github.com/versity/versitygw
export const VERSITYGW_VERSION = '1.8.0';
const READY_MS = 30_000;

/** Why there can be no server here; undefined where there can. */
export async function s3ServerMissing(cacheDir: string): Promise<string | undefined> {
  if (await stat(programIn(cacheDir)).catch(() => undefined)) return undefined;
  const { exitCode } = await execa('go', ['version'], { reject: false });
  return exitCode === 0 ? undefined : `no go: versitygw ${VERSITYGW_VERSION} cannot be built`;
}

const programIn = (cacheDir: string): string => join(cacheDir, `versitygw-${VERSITYGW_VERSION}`);

/** Built once into `cacheDir`; the first time takes minutes. */
async function versitygwIn(cacheDir: string): Promise<string> {
  const program = programIn(cacheDir);
  if (await stat(program).catch(() => undefined)) return program;
  await mkdir(cacheDir, { recursive: true });
  const work = await mkdtemp(join(cacheDir, '.versitygw-'));
  try {
    const module = `github.com/versity/versitygw/cmd/versitygw@v${VERSITYGW_VERSION}`;
    await execa('go', ['install', module], { env: { GOBIN: work, GOFLAGS: '' } });
    await chmod(join(work, 'versitygw'), 0o755);
    await rename(join(work, 'versitygw'), program);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return program;
}

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
    const started = run();
    child = started;
    let said: string | undefined;
    void started.then(({ all }) => {
      said = all || 'nothing';
    });
    const endsAt = performance.now() + READY_MS;
    while (!(await answers(endpoint))) {
      if (said !== undefined) throw new Error(`versitygw ended before it was ready and said: ${said}`);
      if (performance.now() > endsAt) throw new Error(`versitygw was not ready within ${READY_MS} ms`);
      await sleep(20);
    }
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

/** Any answer will do: without a signature it is a refusal. */
const answers = (endpoint: string): Promise<boolean> =>
  fetch(endpoint).then(
    () => true,
    () => false,
  );

import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { freePort } from './free-port.ts';

// The real server, from Maven Central. https://line.github.io/centraldogma/
export const CENTRAL_DOGMA_VERSION = '0.61.0';

const dependency = (group: string, artifact: string, version: string, more = ''): string =>
  `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version>${more}</dependency>`;
// The server's own choice of Netty comes out mixed through Maven; one release of all its parts is imported.
const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>meshgate.test</groupId><artifactId>central-dogma</artifactId><version>1</version>
<dependencyManagement><dependencies>
${dependency('io.netty', 'netty-bom', '4.1.91.Final', '<type>pom</type><scope>import</scope>')}
</dependencies></dependencyManagement>
<dependencies>
${dependency('com.linecorp.centraldogma', 'centraldogma-server', CENTRAL_DOGMA_VERSION)}
${dependency('com.beust', 'jcommander', '1.82')}
${dependency('ch.qos.logback', 'logback-classic', '1.2.13')}
</dependencies></project>
`;
const LOGBACK =
  '<configuration><appender name="E" class="ch.qos.logback.core.ConsoleAppender"><encoder><pattern>%d %level %logger{0} %msg%n</pattern></encoder></appender><root level="WARN"><appender-ref ref="E"/></root></configuration>\n';
const READY_MS = 60_000;

/** Why there can be no server here; undefined where there can. */
export async function centralDogmaMissing(): Promise<string | undefined> {
  for (const [program, args] of [
    ['java', ['-version']],
    ['mvn', ['--version']],
  ] as const) {
    const { exitCode } = await execa(program, args, { reject: false });
    if (exitCode !== 0) return `no ${program}: the Central Dogma server of ${CENTRAL_DOGMA_VERSION} cannot run`;
  }
  return undefined;
}

/** The server's jars, fetched once into `cacheDir`. */
async function jarsIn(cacheDir: string): Promise<string> {
  const lib = join(cacheDir, `central-dogma-${CENTRAL_DOGMA_VERSION}`);
  if (await stat(lib).catch(() => undefined)) return lib;
  await mkdir(cacheDir, { recursive: true });
  const work = await mkdtemp(join(cacheDir, '.central-dogma-'));
  try {
    await writeFile(join(work, 'pom.xml'), POM);
    await execa('mvn', ['-q', '-B', 'dependency:copy-dependencies', '-DoutputDirectory=lib'], { cwd: work });
    // whole or not at all; another process that was faster is as good
    await rename(join(work, 'lib'), lib).catch(async (error) => {
      if (!(await stat(lib).catch(() => undefined))) throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return lib;
}

export type CentralDogma = AsyncDisposable & {
  readonly url: string;
  /** One call of its API as an administrator; resolves to the status and the JSON (or text) of the answer. */
  call(method: string, path: string, body?: unknown): Promise<{ readonly status: number; readonly body: unknown }>;
  /** `kill -9`. */
  kill(): Promise<void>;
  /** On the same port, with the same data. */
  start(): Promise<void>;
};

/** A server with data of its own, which go when it is disposed. */
export async function startCentralDogma(cacheDir: string): Promise<CentralDogma> {
  const lib = await jarsIn(cacheDir);
  const dir = await mkdtemp(join(tmpdir(), 'meshgate-central-dogma-'));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  await writeFile(join(dir, 'logback.xml'), LOGBACK);
  await writeFile(
    join(dir, 'dogma.json'),
    JSON.stringify({
      dataDir: join(dir, 'data'),
      ports: [{ localAddress: { host: '127.0.0.1', port }, protocols: ['http'] }],
      gracefulShutdownTimeout: { quietPeriodMillis: 0, timeoutMillis: 1_000 },
      replication: { method: 'NONE' },
    }),
  );
  let child: ReturnType<typeof startServer> | undefined;
  let starts = 0;

  const call: CentralDogma['call'] = async (method, path, body) => {
    const response = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: { authorization: 'Bearer anonymous', 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') ?? false;
    return { status: response.status, body: isJson && text !== '' ? JSON.parse(text) : text };
  };
  async function start(): Promise<void> {
    starts += 1;
    // a pid file that a killed server left stops the next one, so each start has its own
    const pidFile = join(dir, `server-${starts}.pid`);
    const args = [
      '-XX:TieredStopAtLevel=1',
      '-XX:+UseSerialGC',
      '-Xmx256m',
      `-Dlogback.configurationFile=${join(dir, 'logback.xml')}`,
      '-cp',
      join(lib, '*'),
      'com.linecorp.centraldogma.server.Main',
      '-config',
      join(dir, 'dogma.json'),
      '-pidfile',
      pidFile,
    ];
    const started = startServer(args);
    started.all.pipe(createWriteStream(join(dir, `server-${starts}.log`)));
    child = started;
    let ended = false;
    void started.then(() => {
      ended = true;
    });
    const endsAt = performance.now() + READY_MS;
    while (!(await isReady(url))) {
      if (ended) throw new Error(`Central Dogma ended before it was ready; see ${dir}`);
      if (performance.now() > endsAt) throw new Error(`Central Dogma was not ready within ${READY_MS} ms; see ${dir}`);
      await sleep(50);
    }
  }
  async function kill(): Promise<void> {
    child?.kill('SIGKILL');
    await child;
  }
  await start();
  return {
    url,
    call,
    start,
    kill,
    async [Symbol.asyncDispose]() {
      await kill();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

const startServer = (args: readonly string[]) =>
  execa('java', args, { reject: false, all: true, buffer: false, stdin: 'ignore' });

async function isReady(url: string): Promise<boolean> {
  return fetch(`${url}/monitor/l7check`).then(
    ({ ok }) => ok,
    () => false,
  );
}

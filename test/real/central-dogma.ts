import { createWriteStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { freePort } from './free-port.ts';
import { keptProgram } from './kept-program.ts';
import { untilReady } from './until-ready.ts';

// The real server, from Maven Central. https://line.github.io/centraldogma/
const CENTRAL_DOGMA_VERSION = '0.61.0';

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
const jarsIn = (cacheDir: string): Promise<string> =>
  keptProgram(cacheDir, `central-dogma-${CENTRAL_DOGMA_VERSION}`, async (work) => {
    await writeFile(join(work, 'pom.xml'), POM);
    await execa('mvn', ['-q', '-B', 'dependency:copy-dependencies', '-DoutputDirectory=lib'], { cwd: work });
    return join(work, 'lib');
  });

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
    const isReady = async (): Promise<boolean> => (await fetch(`${url}/monitor/l7check`)).ok;
    await untilReady(`Central Dogma (its log is in ${dir})`, started, READY_MS, isReady);
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

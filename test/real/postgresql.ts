import { existsSync, globSync } from 'node:fs';
import { appendFile, chmod, mkdtemp, rm } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { execa } from 'execa';
import { freePort } from './free-port.ts';

/** A real PostgreSQL of its own, gone with its data when it is disposed. */
export type Postgresql = AsyncDisposable & {
  /** Of a superuser, on a TCP port, without a password. */
  readonly url: string;
  /** A fresh, empty database in the same server: its URL. */
  database(name: string): Promise<string>;
  /** As a power cut does: nothing is said to clients and nothing written. */
  kill(): Promise<void>;
  start(): Promise<void>;
};

const OWNER = 'postgres';

/** Where the newest `initdb` and `pg_ctl` of the machine are; undefined when PostgreSQL (`postgresql` of Debian) is not installed. */
export function postgresqlPrograms(): string | undefined {
  const folders = [
    ...globSync('/usr/lib/postgresql/*/bin').toSorted((a, b) => b.localeCompare(a, 'en', { numeric: true })),
    ...(process.env.PATH ?? '').split(delimiter),
  ];
  return folders.find((folder) => ['initdb', 'pg_ctl'].every((name) => existsSync(join(folder, name))));
}

/** For `test.skipIf`: why there is none. */
export const NO_POSTGRESQL =
  postgresqlPrograms() === undefined ? 'PostgreSQL is not installed (Debian package `postgresql`)' : undefined;

export type PostgresqlOptions = {
  /** Where it listens besides the loopback, for clients in the same network: its URL names this one then. Default: nowhere. */
  readonly address?: string;
};

/** Rejects when PostgreSQL is not installed or does not start within 60 s. */
export async function startPostgresql({ address }: PostgresqlOptions = {}): Promise<Postgresql> {
  const programs = postgresqlPrograms();
  if (programs === undefined) throw new Error(NO_POSTGRESQL);
  const dir = await mkdtemp('/tmp/pg-');
  const data = join(dir, 'data');
  const isRoot = process.getuid?.() === 0;
  // PostgreSQL refuses to run as root.
  const run = (program: string, ...args: string[]) => {
    const whole = [join(programs, program), ...args];
    const [file = '', ...rest] = isRoot ? ['runuser', '-u', OWNER, '--', ...whole] : whole;
    return execa(file, rest, { stdin: 'ignore', stdout: 'ignore', stderr: 'pipe', cwd: dir, timeout: 60_000 });
  };
  if (isRoot) await execa('chown', [OWNER, dir]);
  await chmod(dir, 0o700);
  await run('initdb', '-D', data, '-U', OWNER, '--auth=trust', '--no-sync', '-E', 'UTF8', '--locale=C');
  if (address !== undefined) await appendFile(join(data, 'pg_hba.conf'), 'host all all samenet trust\n');
  const port = await freePort();
  const addresses = ['127.0.0.1', ...(address === undefined ? [] : [address])].join();
  const options = `-p ${port} -c listen_addresses=${addresses} -c unix_socket_directories=${dir} -c fsync=off -c max_connections=200`;
  const start = async (): Promise<void> => {
    await run('pg_ctl', '-D', data, '-w', '-t', '50', '-l', join(dir, 'log'), '-o', options, 'start');
  };
  const kill = async (): Promise<void> => {
    await run('pg_ctl', '-D', data, '-w', '-m', 'immediate', 'stop');
  };
  await start();
  const urlOf = (database: string): string => `postgresql://${OWNER}@${address ?? '127.0.0.1'}:${port}/${database}`;
  return {
    url: urlOf(OWNER),
    async database(name) {
      await run('createdb', '-h', '127.0.0.1', '-p', String(port), '-U', OWNER, name);
      return urlOf(name);
    },
    start,
    kill,
    async [Symbol.asyncDispose]() {
      await kill().catch(() => {});
      await rm(dir, { recursive: true, force: true });
    },
  };
}

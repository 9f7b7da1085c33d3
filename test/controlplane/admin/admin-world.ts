import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pollUntil } from '../../../conformance/poll-until.ts';
import { startAdmin } from '../../../controlplane/admin/start-admin.ts';
import { sourceOpener } from '../../../controlplane/discovery/open-source.ts';
import type { FleetReport } from '../../../controlplane/fleet/fleet-report.ts';
import { openServiceList } from '../../../controlplane/generators/open-service-list.ts';
import { fileMemory } from '../../../controlplane/ramp/file-memory.ts';
import type { ClusterDiscovery } from '../../../render/discovery/cluster-discovery.ts';
import type { Snapshot } from '../../../render/snapshot.ts';
import { realClock } from '../ramp/ramp-node.ts';
import { memorySource } from '../serve/memory-source.ts';
import { serveStage } from '../serve/serve-stage.ts';

const WITHIN_MS = 15_000;

export const soon = <T>(what: string, probe: () => Promise<T | undefined>): Promise<T> =>
  pollUntil(what, WITHIN_MS, new AbortController().signal, probe);

/** Hosts of a file of the world's own folder. */
export const fromFile = (path: string): ClusterDiscovery => ({
  sources: [{ kind: 'file', path, priority: 0 }],
  maxStaleMs: 60_000,
  floorPercent: 0,
  floorHoldMs: 60_000,
});

export type WorldOptions = { readonly token?: string; readonly host?: string; readonly snapshot?: Snapshot };

/** A stage server with its admin API, both real, on ports of their own; hosts from files. */
export async function adminWorld(options: WorldOptions = {}) {
  await using stack = new AsyncDisposableStack();
  const dir = await mkdtemp(join(tmpdir(), 'admin-'));
  stack.defer(() => rm(dir, { recursive: true, force: true }));
  await mkdir(join(dir, 'hosts'));
  const source = memorySource();
  if (options.snapshot) source.hold(options.snapshot);
  const said: string[] = [];
  const reports: FleetReport[] = [];
  const say = (line: string): void => void said.push(line);
  const server = stack.use(
    await serveStage({
      node: { id: 'edge-.*' },
      source,
      sink: async (report) => void reports.push(report),
      say,
      hosts: {
        openSource: sourceOpener({ files: { root: join(dir, 'hosts'), pollMs: 20 } }),
        answers: {
          remembered: () => [],
          remember: () => {},
          keepOnly: () => {},
          [Symbol.asyncDispose]: async () => {},
        },
        clock: realClock,
        memoryOf: (cluster) => fileMemory(join(dir, 'ramp'), cluster),
        defaultPanicThresholdPercent: 50,
        probes: false,
        generators: {
          openServices: (of) => openServiceList(of, { files: { root: join(dir, 'hosts'), pollMs: 20 } }),
          memory: { remembered: () => undefined, remember: () => {}, keepOnly: () => {} },
          judge: () => [],
          envoys: [],
        },
      },
    }),
  );
  const { token, host } = options;
  const admin = stack.use(
    await startAdmin({
      server,
      nowEpochMs: Date.now,
      port: 0,
      say,
      ...(host === undefined ? {} : { host }),
      ...(token === undefined ? {} : { token }),
    }),
  );
  const owned = stack.move();
  return {
    source,
    server,
    port: admin.port,
    said,
    reports,
    forget: (file: string) => rm(join(dir, 'hosts', file)),
    ask: (path: string, more: AskOptions = {}) => ask(admin.port, path, more),
    /** `name:tag,…` */
    async know(file: string, services: readonly string[]): Promise<void> {
      const known = services.map((text) => {
        const [name = '', tags = ''] = text.split(':');
        return { name, tags: tags.split(',') };
      });
      await writeFile(join(dir, 'hosts', 'next'), JSON.stringify(known));
      await rename(join(dir, 'hosts', 'next'), join(dir, 'hosts', file));
    },
    async list(file: string, addresses: readonly string[]): Promise<void> {
      const hosts = addresses.map((address) => ({ address, port: 80 }));
      await writeFile(join(dir, 'hosts', 'next'), JSON.stringify(hosts));
      await rename(join(dir, 'hosts', 'next'), join(dir, 'hosts', file));
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

export type AskOptions = {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
};

export type Asked = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** Undefined: it is no JSON. */
  readonly body: unknown;
};

/** By `node:http`, since `fetch` writes the `Host` header itself. */
const ask = (port: number, path: string, { method = 'GET', headers = {}, body }: AskOptions) =>
  new Promise<Asked>((resolve, reject) => {
    const asking = request({ host: '127.0.0.1', port, path, method, headers, agent: false }, (response) => {
      const pieces: Buffer[] = [];
      response.on('data', (piece: Buffer) => pieces.push(piece));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(pieces).toString('utf8');
        const isJson = response.headers['content-type'] === 'application/json' && text !== '';
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text,
          body: isJson ? JSON.parse(text) : undefined,
        });
      });
    });
    asking.on('error', reject);
    asking.end(body);
  });

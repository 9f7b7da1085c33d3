import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request as ask } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ControlPlanePlace, controlPlanes } from '../../board/read/control-planes.ts';
import { type BoardOptions, type RunningBoard, startBoard } from '../../board/server/start-board.ts';
import { storeFleetView } from '../../pipeline/observe/store-fleet-view.ts';
import { storeServiceMap } from '../../pipeline/observe/store-service-map.ts';
import type { SharedStore, World } from '../pipeline/engine/engine-world.ts';

export type BoardOfWorld = Partial<Omit<BoardOptions, 'ports'>> & {
  readonly places?: readonly ControlPlanePlace[];
  readonly slackUrl?: string;
};

/** A page and a script of it, as a build leaves them. */
export async function smallDist(): Promise<AsyncDisposable & { readonly dir: string }> {
  const dir = await mkdtemp(join(tmpdir(), 'mesh-board-dist-'));
  await mkdir(join(dir, 'assets'));
  const script = `${'// a line that is compressed well\n'.repeat(100)}document.title = 'board';\n`;
  await writeFile(
    join(dir, 'index.html'),
    '<!doctype html><title>board</title><script src="/assets/main-C0FFEE12.js">',
  );
  await writeFile(join(dir, 'assets', 'main-C0FFEE12.js'), script);
  return { dir, [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }) };
}

/** A board over a world's store and repository. What it says to whoever runs it is in `said`. */
export async function boardOf(
  shared: SharedStore,
  mesh: World,
  dist: string,
  { places = [], slackUrl, ...options }: BoardOfWorld = {},
): Promise<RunningBoard & { readonly said: string[] }> {
  const nowEpochMs = (): number => shared.clock.nowEpochMs();
  const said: string[] = [];
  const board = await startBoard({
    ports: {
      ...mesh.ports,
      store: shared.store,
      slackUrl,
      fleet: storeFleetView(shared.store, nowEpochMs),
      serviceMap: storeServiceMap(shared.store),
      controlPlanes: controlPlanes({ places, nowEpochMs }),
    },
    slack: undefined,
    signIn: undefined,
    host: '127.0.0.1',
    port: 0,
    publicUrl: undefined,
    dist,
    toolVersion: 'test',
    say: (line) => said.push(line),
    ...options,
  });
  return Object.assign(board, { said });
}

export type Given = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
};

/** A request as it is said, also with headers that `fetch` sets itself (`Host`). */
export function send(
  url: string,
  options: { readonly method?: string; readonly headers?: Record<string, string>; readonly body?: string } = {},
): Promise<Given> {
  return new Promise((resolve, reject) => {
    const { body, ...rest } = options;
    const sent = ask(url, { ...rest, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
      );
      response.on('error', reject);
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** An answer of the API, which must be a success. */
export async function get<T>(board: { readonly url: string }, path: string): Promise<T> {
  const { status, body } = await send(`${board.url}${path}`);
  if (status !== 200) throw new Error(`${path}: ${status} ${body.toString('utf8').slice(0, 1_000)}`);
  return JSON.parse(body.toString('utf8')) as T;
}

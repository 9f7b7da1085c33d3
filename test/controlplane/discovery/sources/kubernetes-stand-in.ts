import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Slice = {
  readonly name: string;
  readonly service: string;
  /** Beside that of the service, whose labels they are. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly addressType?: string;
  readonly endpoints: readonly object[];
  readonly ports?: readonly object[];
};
type Kept = { readonly slice: Slice; readonly version: number };
type Change = {
  readonly version: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: object;
  readonly slice: Slice;
  /** As it was before; undefined: it was not there. */
  readonly before: Slice | undefined;
};

type Refuse = (code: number, message: string) => unknown;

export const TOKEN = 'eyJhbGciOiJSUzI1NiJ9.stand-in.token';
const PATH = '/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices';
const REQUIREMENT = /^([a-z0-9./-]+)(?:=([a-z0-9-]+))?$/;
type Selector = (slice: Slice) => boolean;

const labelsOf = ({ service, labels }: Slice): Record<string, string> => ({
  ...labels,
  'kubernetes.io/service-name': service,
});

/** `key`, `key=value`, or several with commas between. Undefined: it cannot be parsed. */
function selectorOf(text: string): Selector | undefined {
  const wanted = text.split(',').map((one) => REQUIREMENT.exec(one));
  if (!wanted.every((one) => one !== null)) return undefined;
  return (slice) =>
    wanted.every(([, key = '', value]) => {
      const label = labelsOf(slice)[key];
      return label !== undefined && (value === undefined || label === value);
    });
}

/**
 * The part of a Kubernetes API server that EndpointSlices are watched through, and strict as it is: token, namespace, selector, pages with
 * `continue`, watches from a resource version, bookmarks, `timeoutSeconds`, and `410 Gone` for what it does not remember any more.
 */
export class KubernetesStandIn implements AsyncDisposable {
  /** Entries of one page; what clients ask for is more. */
  pageSize = 500;
  /** Everything is answered with this status; undefined: as it is. */
  failWith: number | undefined;
  token = TOKEN;
  /** Watches end as soon as they have begun, as behind a proxy that does not know them. */
  endsWatchesAtOnce = false;
  /** What was asked and is no question of a well-behaved client. */
  readonly faults: string[] = [];
  lists = 0;
  watches = 0;
  #version = 100;
  #oldest = 100;
  readonly #slices = new Map<string, Kept>();
  readonly #changes: Change[] = [];
  readonly #watchers = new Set<(change: Change | 'bookmark' | 'end') => void>();
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    server.on('request', (request: IncomingMessage, response: ServerResponse) => this.#answer(request, response));
  }

  static async start(): Promise<KubernetesStandIn> {
    const server = createServer();
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    return new KubernetesStandIn(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  put(slice: Slice): void {
    const before = this.#slices.get(slice.name)?.slice;
    const type = before ? 'MODIFIED' : 'ADDED';
    this.#version += 1;
    const kept = { slice, version: this.#version };
    this.#slices.set(slice.name, kept);
    this.#tell({ version: this.#version, type, object: objectOf(kept), slice, before });
  }

  remove(name: string): void {
    const kept = this.#slices.get(name);
    if (!kept) return;
    this.#slices.delete(name);
    this.#version += 1;
    this.#tell({
      version: this.#version,
      type: 'DELETED',
      object: objectOf({ ...kept, version: this.#version }),
      slice: kept.slice,
      before: kept.slice,
    });
  }

  get names(): readonly string[] {
    return [...this.#slices.keys()];
  }

  /** Changes that no watcher of any service here sees, as in a cluster with others in it. */
  passOn(versions: number): void {
    this.#version += versions;
  }

  bookmark(): void {
    for (const watcher of [...this.#watchers]) watcher('bookmark');
  }

  /** As at the end of `timeoutSeconds`. */
  endWatches(): void {
    for (const watcher of [...this.#watchers]) watcher('end');
  }

  /** What is older is not remembered. */
  compact(): void {
    this.#oldest = this.#version;
    this.#changes.length = 0;
  }

  /** Connections end without a word. */
  cut(): void {
    this.#server.closeAllConnections();
  }

  #tell(change: Change): void {
    this.#changes.push(change);
    for (const watcher of [...this.#watchers]) watcher(change);
  }

  #answer(request: IncomingMessage, response: ServerResponse): unknown {
    const url = new URL(request.url ?? '', 'http://stand-in');
    const query = url.searchParams;
    const refuse: Refuse = (code, message) => {
      if (code !== 410 && this.failWith === undefined) this.faults.push(`${request.url}: ${code} ${message}`);
      return response
        .writeHead(code, { 'content-type': 'application/json' })
        .end(JSON.stringify(statusOf(code, message)));
    };
    if (this.failWith !== undefined) return refuse(this.failWith, 'etcdserver: leader changed');
    if (request.headers.authorization !== `Bearer ${this.token}`) return refuse(401, 'Unauthorized');
    if (request.method !== 'GET' || url.pathname !== PATH) return refuse(403, 'forbidden: cannot list that');
    const selects = selectorOf(query.get('labelSelector') ?? '');
    if (!selects) return refuse(400, 'unable to parse the label selector');
    if (query.get('watch') === 'true') return this.#watch(query, selects, response, refuse);
    return this.#list(query, selects, response, refuse);
  }

  #list(query: URLSearchParams, selects: Selector, response: ServerResponse, refuse: Refuse): unknown {
    const limit = Number(query.get('limit') ?? Number.NaN);
    if (!(limit > 0)) return refuse(400, 'a list without a limit is for small clusters only');
    const [from = '0', at] = (query.get('continue') ?? '0').split('@');
    if (at !== undefined && Number(at) < this.#oldest) return refuse(410, 'The provided continue parameter is too old');
    this.lists += 1;
    const all = [...this.#slices.values()].filter(({ slice }) => selects(slice));
    const size = Math.min(limit, this.pageSize);
    const items = all.slice(Number(from), Number(from) + size);
    const more = Number(from) + size < all.length ? { continue: `${Number(from) + size}@${this.#version}` } : {};
    return response.writeHead(200, { 'content-type': 'application/json' }).end(
      JSON.stringify({
        kind: 'EndpointSliceList',
        apiVersion: 'discovery.k8s.io/v1',
        metadata: { resourceVersion: String(this.#version), ...more },
        items: items.map(objectOf),
      }),
    );
  }

  #watch(query: URLSearchParams, selects: Selector, response: ServerResponse, refuse: Refuse): unknown {
    const version = Number(query.get('resourceVersion') ?? Number.NaN);
    if (!Number.isInteger(version) || version > this.#version) return refuse(400, 'Invalid value: resourceVersion');
    if (!(Number(query.get('timeoutSeconds')) > 0)) return refuse(400, 'a watch without an end');
    this.watches += 1;
    response.writeHead(200, { 'content-type': 'application/json', 'transfer-encoding': 'chunked' });
    response.flushHeaders();
    const send = (event: object): void => {
      const line = Buffer.from(`${JSON.stringify(event)}\n`);
      // In two pieces, as it may come over a network.
      response.write(line.subarray(0, line.length >> 1));
      response.write(line.subarray(line.length >> 1));
    };
    if (version < this.#oldest) {
      // With 200, as a watch has begun when the server finds that out.
      send({ type: 'ERROR', object: statusOf(410, `too old resource version: ${version} (${this.#oldest})`) });
      return response.end();
    }
    const watcher = (change: Change | 'bookmark' | 'end'): void => {
      if (change === 'end') response.end();
      else if (change === 'bookmark') {
        if (query.get('allowWatchBookmarks') !== 'true') return;
        const metadata = { resourceVersion: String(this.#version), creationTimestamp: null };
        send({
          type: 'BOOKMARK',
          object: { kind: 'EndpointSlice', apiVersion: 'discovery.k8s.io/v1', metadata, endpoints: null, ports: null },
        });
      } else {
        // What has lost the label is told as deleted, and what has got it as added.
        const was = change.before !== undefined && selects(change.before);
        const is = change.type !== 'DELETED' && selects(change.slice);
        if (was || is) send({ type: is ? (was ? 'MODIFIED' : 'ADDED') : 'DELETED', object: change.object });
      }
    };
    for (const change of this.#changes) if (change.version > version) watcher(change);
    if (this.endsWatchesAtOnce) return response.end();
    this.#watchers.add(watcher);
    return response.once('close', () => this.#watchers.delete(watcher));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => {
      this.#server.close(resolve);
    });
  }
}

const statusOf = (code: number, message: string): object => ({
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Failure',
  message,
  reason: code === 410 ? 'Expired' : 'Unknown',
  code,
});

const objectOf = ({ slice, version }: Kept): object => ({
  kind: 'EndpointSlice',
  apiVersion: 'discovery.k8s.io/v1',
  metadata: {
    name: slice.name,
    namespace: 'shop',
    resourceVersion: String(version),
    labels: labelsOf(slice),
  },
  addressType: slice.addressType ?? 'IPv4',
  endpoints: slice.endpoints,
  ports: slice.ports ?? [{ name: 'http', protocol: 'TCP', port: 8080 }],
});

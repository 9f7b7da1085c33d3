import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
};
/** Images and fonts are compressed as they are. */
const COMPRESSIBLE = new Set(['.html', '.js', '.css', '.json', '.webmanifest', '.svg', '.txt']);

/** The build names files below `assets/` by their content. */
const HASHED = /^\/assets\/.*-[\w-]{8,}\.\w+$/;

type StaticFile = {
  readonly type: string;
  readonly etag: string;
  readonly cache: string;
  readonly bodies: Readonly<Record<'identity', Uint8Array<ArrayBuffer>>> &
    Readonly<Partial<Record<'br' | 'gzip', Uint8Array<ArrayBuffer>>>>;
};

/** The built pages, in memory, compressed once. */
export type StaticFiles = {
  /** Undefined: there is no such file, and the path is that of no page either. */
  answer(request: Request): Response | undefined;
};

const compressBrotli = promisify(brotliCompress);
const compressGzip = promisify(gzip);

/** Reads `dist` whole. Rejects where it has no `index.html`. */
export async function staticFiles(dist: string): Promise<StaticFiles> {
  const entries = await readdir(dist, { recursive: true, withFileTypes: true });
  const files = new Map<string, StaticFile>();
  await Promise.all(
    entries
      .filter((entry) => entry.isFile() && TYPES[extname(entry.name)] !== undefined)
      .map(async (entry) => {
        const whole = join(entry.parentPath, entry.name);
        const path = `/${whole.slice(dist.length).split(sep).filter(Boolean).join('/')}`;
        files.set(path, await load(whole, path));
      }),
  );
  const index = files.get('/index.html');
  if (!index) throw new Error(`${dist} has no index.html`);

  return {
    answer(request) {
      const { pathname } = new URL(request.url);
      const file = files.get(pathname) ?? (isPage(pathname) ? index : undefined);
      return file && respond(request, file);
    },
  };
}

/** Every address of a page is answered by the one document that there is: pages are found by the browser. */
const isPage = (path: string): boolean => !/^\/(?:assets|api|sign-in|sign-out)(?:\/|$)/.test(path);

async function load(whole: string, path: string): Promise<StaticFile> {
  const bytes = new Uint8Array(await readFile(whole));
  const extension = extname(path);
  const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`;
  const cache = HASHED.test(path) ? 'public, max-age=31536000, immutable' : 'no-cache';
  const type = TYPES[extension] ?? 'application/octet-stream';
  if (!COMPRESSIBLE.has(extension) || bytes.length < 512) return { type, etag, cache, bodies: { identity: bytes } };
  const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } };
  const [br, zipped] = await Promise.all([compressBrotli(bytes, quality), compressGzip(bytes, { level: 9 })]);
  return {
    type,
    etag,
    cache,
    bodies: { identity: bytes, br: new Uint8Array(br), gzip: new Uint8Array(zipped) },
  };
}

function respond(request: Request, { type, etag, cache, bodies }: StaticFile): Response {
  const accepted = (request.headers.get('accept-encoding') ?? '')
    .split(',')
    .filter((one) => !/;\s*q=0(?:\.0*)?\s*$/.test(one))
    .map((one) => one.split(';')[0]?.trim());
  const encoding = (['br', 'gzip'] as const).find((one) => bodies[one] && accepted.includes(one));
  const headers: Record<string, string> = { 'cache-control': cache, etag, vary: 'accept-encoding' };
  const known = (request.headers.get('if-none-match') ?? '').split(',').map((one) => one.trim().replace(/^W\//, ''));
  if (known.includes(etag)) return new Response(null, { status: 304, headers });
  const body = (encoding && bodies[encoding]) ?? bodies.identity;
  headers['content-type'] = type;
  headers['content-length'] = String(body.length);
  if (encoding) headers['content-encoding'] = encoding;
  return new Response(request.method === 'HEAD' ? null : body, { headers });
}

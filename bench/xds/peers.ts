import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { cacheDirOf } from '../../render/wheels/cache-dir.ts';
import { type LineProcess, startLineProcess } from './line-process.ts';

const SOURCES = join(import.meta.dirname, '../peers');
const MESHGATE_SERVER = join(import.meta.dirname, 'meshgate-server.ts');

/** Whose server it is: two caches of go-control-plane, a server that only writes ready-made bytes, and Meshgate. */
export const CONTESTANTS = ['snapshot', 'linear', 'ceiling', 'meshgate'] as const;
export type Contestant = (typeof CONTESTANTS)[number];
export const PROTOCOLS = ['sotw', 'delta'] as const;
export type Protocol = (typeof PROTOCOLS)[number];

/** The Go programs of `bench/peers`, built. */
export type PeerPrograms = { readonly server: string; readonly client: string };

/** Builds what changed since the last time. Resolves with undefined where there is no Go. Rejects with the compiler's words. */
export async function buildPeers(): Promise<PeerPrograms | undefined> {
  const { failed } = await execa('go', ['version'], { reject: false });
  if (failed) return undefined;
  const to = join(cacheDirOf(process.env), 'bench-peers');
  await mkdir(to, { recursive: true });
  await execa('go', ['build', '-o', `${to}/`, './server', './client'], { cwd: SOURCES });
  return { server: join(to, 'server'), client: join(to, 'client') };
}

/** A server that listens. */
export type BenchServer = { readonly process: LineProcess; readonly port: number };

/** Resolves once it listens. Meshgate's server writes a CPU profile to `profileFile` when it ends. */
export async function startServer(
  programs: PeerPrograms,
  whose: Contestant,
  resourcesFile: string,
  profileFile?: string,
): Promise<BenchServer> {
  const profile = profileFile === undefined ? [] : [profileFile];
  const server =
    whose === 'meshgate'
      ? startLineProcess(whose, process.execPath, [MESHGATE_SERVER, resourcesFile, ...profile])
      : startLineProcess(whose, programs.server, ['-mode', whose, '-resources', resourcesFile]);
  try {
    const { port } = await server.next('listening');
    return { process: server, port: Number(port) };
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}

/** Resolves once it takes commands; no stream is open yet. */
export async function startClient(
  programs: PeerPrograms,
  port: number,
  protocol: Protocol,
  resourcesFile: string,
): Promise<LineProcess> {
  const args = ['-target', `127.0.0.1:${port}`, '-protocol', protocol, '-resources', resourcesFile];
  const client = startLineProcess('client', programs.client, args);
  try {
    await client.next('ready');
    return client;
  } catch (error) {
    await client[Symbol.asyncDispose]();
    throw error;
  }
}

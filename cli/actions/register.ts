import { resolve } from 'node:path';
import { tokenFile as tokenIn } from '../../controlplane/discovery/http/token-file.ts';
import type { AppCheck } from '../../controlplane/discovery/registry/app-check.ts';
import { keepRegistered, type RegisterEvent } from '../../controlplane/discovery/registry/keep-registered.ts';
import {
  isServiceName,
  type Registration,
  readRegistration,
  SERVICE_NAME_WANT,
} from '../../controlplane/discovery/registry/registration.ts';
import { registryClient } from '../../controlplane/discovery/registry/registry-client.ts';
import type { CommandContext } from '../command-context.ts';
import { durationOption } from '../duration-option.ts';
import { hostInUrl, listenAddress } from '../listen-address.ts';
import { oneLine } from '../one-line.ts';
import { UsageError } from '../usage-error.ts';

export type RegisterOptions = {
  readonly service: string;
  readonly address: string;
  readonly registry: readonly string[];
  readonly tokenFile?: string;
  readonly check?: string;
  readonly checkEvery: string;
  readonly ttl: string;
  readonly weight: string;
  readonly tag: readonly string[];
  readonly meta: readonly string[];
  readonly hostname?: string;
  readonly region?: string;
  readonly zone?: string;
  readonly subZone?: string;
};

/** That of `mesh serve --registry`. */
const DEFAULT_REGISTRY = 'http://127.0.0.1:18002';

/** Resolves when it is stopped and the host taken out. Rejects with `UsageError` for what no registry takes. */
export async function register(options: RegisterOptions, context: CommandContext): Promise<number> {
  const registration = registrationOf(options);
  const check = checkOf(options);
  const urls = options.registry.length > 0 ? options.registry : [DEFAULT_REGISTRY];
  const token = tokenOf(options, context);
  const { address, port } = registration.host;
  const who = `${registration.service} ${hostInUrl(address)}:${port}`;
  const refused = await keepRegistered(
    {
      registries: urls.map((url) => registryClient(httpUrl('--registry', url), token)),
      registration,
      ...(check ? { check } : {}),
      onEvent: (event) => context.stderr.write(`register ${who}: ${oneLine(wordsOf(event))}\n`),
    },
    context.signal,
  );
  if (refused !== undefined) throw new UsageError(`no registry takes ${who}: ${oneLine(refused)}`);
  return 0;
}

function registrationOf(options: RegisterOptions): Registration {
  const { service, weight, hostname, region, zone, subZone, tag, meta } = options;
  if (!isServiceName(service)) throw new UsageError(`--service ${service}: want ${SERVICE_NAME_WANT}`);
  const { host: address, port } = listenAddress('--address', options.address, '10.0.0.1:8080');
  const places = { region, zone, sub_zone: subZone };
  const locality = Object.fromEntries(Object.entries(places).filter(([, name]) => name !== undefined));
  const read = readRegistration(service, {
    address,
    port,
    // Without a check nobody looks.
    health: 'unknown',
    weight: Number(weight),
    tags: tag,
    ttl_seconds: durationOption('--ttl', options.ttl, 1) / 1_000,
    metadata: Object.fromEntries(meta.map(pairOf)),
    ...(hostname === undefined ? {} : { hostname }),
    ...(Object.keys(locality).length > 0 ? { locality } : {}),
  });
  if (read.kind === 'refused') throw new UsageError(`what is to be registered: ${read.problem}`);
  return read.registration;
}

function pairOf(text: string): readonly [string, string] {
  const at = text.indexOf('=');
  if (at < 1) throw new UsageError(`--meta ${text}: want KEY=VALUE`);
  return [text.slice(0, at), text.slice(at + 1)];
}

function checkOf({ check, checkEvery }: RegisterOptions): AppCheck | undefined {
  const everyMs = durationOption('--check-every', checkEvery, 1);
  if (check === undefined) return undefined;
  const url = URL.canParse(check) ? new URL(check) : undefined;
  const isTcp = url?.protocol === 'tcp:' && url.port !== '';
  if (!isTcp && url?.protocol !== 'http:' && url?.protocol !== 'https:')
    throw new UsageError(`--check ${check}: want http://HOST:PORT/PATH or tcp://HOST:PORT`);
  return { url: check, everyMs };
}

function httpUrl(option: string, text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:')
    throw new UsageError(`${option}: want a URL such as ${DEFAULT_REGISTRY}`);
  if (url.username !== '' || url.password !== '')
    throw new UsageError(`${option}: want a URL without a password; the token comes from a file or the environment`);
  return text;
}

/** Read each time: tokens are renewed. */
function tokenOf({ tokenFile }: RegisterOptions, { env, cwd }: CommandContext): () => Promise<string | undefined> {
  if (tokenFile === undefined) return async () => env.MESHGATE_REGISTRY_TOKEN || undefined;
  return tokenIn(resolve(cwd, tokenFile));
}

function wordsOf(event: RegisterEvent): string {
  switch (event.kind) {
    case 'health':
      return `its app is ${event.health}`;
    case 'registered':
      return `registered at ${event.registry}`;
    case 'deregistered':
      return `taken out at ${event.registry}`;
    case 'failed':
      return `${event.problem}; it is tried again`;
    default:
      return event satisfies never;
  }
}

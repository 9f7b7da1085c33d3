import { readFile } from 'node:fs/promises';
import { adminAddressFile } from './envoy-arguments.ts';

/** Envoy writes `127.0.0.1:45649` to the file of `--admin-address-path` once it listens. */
export function parseAdminAddress(text: string): URL | undefined {
  const match = /^(\d+\.\d+\.\d+\.\d+|\[[0-9a-f:]+\]):(\d+)\s*$/i.exec(text);
  if (!match || match[2] === '0') return undefined;
  return new URL(`http://${match[1]}:${match[2]}/`);
}

/** Undefined as long as Envoy has not written it. */
export const readAdminAddress = async (scratchDir: string): Promise<URL | undefined> =>
  parseAdminAddress(await readFile(adminAddressFile(scratchDir), 'utf8').catch(() => ''));

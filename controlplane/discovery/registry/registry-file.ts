import { readFile } from 'node:fs/promises';
import { problemOf } from '../ask-on.ts';
import { KeptFile } from '../kept-file.ts';
import { isServiceName, type Registration, readRegistration, writtenRegistration } from './registration.ts';
import type { RegistryTable } from './registry-table.ts';

const FORMAT = 1;
/** Far beyond what the table takes. */
const MAX_BYTES = 256 * 1024 * 1024;

export type Loaded = {
  readonly registrations: readonly Registration[];
  /** Why not all of the file was read; the rest of it was. */
  readonly problem?: string;
};

/** What was registered when the file was written. A file that is not there is an empty one. Never rejects. */
export async function loadRegistry(path: string): Promise<Loaded> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as { readonly code?: unknown };
    return code === 'ENOENT' ? { registrations: [] } : { registrations: [], problem: problemOf(error) };
  }
  if (text.length > MAX_BYTES) return { registrations: [], problem: `it is larger than ${MAX_BYTES} bytes` };
  let services: unknown;
  try {
    const file = JSON.parse(text) as { readonly format?: unknown; readonly services?: unknown } | null;
    if (file?.format !== FORMAT) return { registrations: [], problem: 'it is of another format' };
    services = file.services;
  } catch {
    return { registrations: [], problem: 'it is no JSON' };
  }
  const read = Object.entries((services ?? {}) as Record<string, unknown>).flatMap(([service, hosts]) =>
    isServiceName(service) && Array.isArray(hosts) ? hosts.map((host) => readRegistration(service, host)) : [],
  );
  const registrations = read.flatMap((one) => (one.kind === 'registration' ? [one.registration] : []));
  const lost = read.length - registrations.length;
  return { registrations, ...(lost > 0 ? { problem: `${lost} registrations in it cannot be read` } : {}) };
}

/** Keeps what is registered in a file. */
export const registryFile = (path: string, table: RegistryTable): KeptFile =>
  new KeptFile(path, () => {
    const byService = Map.groupBy(table.all(), ({ service }) => service);
    const services = [...byService].map(([service, those]) => [service, those.map(writtenRegistration)]);
    return `${JSON.stringify({ format: FORMAT, services: Object.fromEntries(services) })}\n`;
  });

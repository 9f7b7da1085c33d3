import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { problemOf } from '../ask-on.ts';
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

/** Keeps what is registered in a file: written whole beside its place, synced, and renamed to it. One writer for one file. */
export class RegistryFile {
  readonly #path: string;
  readonly #table: RegistryTable;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(path: string, table: RegistryTable) {
    this.#path = path;
    this.#table = table;
  }

  /**
   * Resolves when all that is in the table now is on the disk; rejects with what the file system says. Calls that come while a write is
   * under way share the next one.
   */
  save(): Promise<void> {
    if (!this.#running) {
      this.#running = this.#write().finally(() => {
        this.#running = undefined;
      });
      return this.#running;
    }
    this.#next ??= this.#running
      .catch(() => {})
      .then(() => {
        this.#next = undefined;
        return this.save();
      });
    return this.#next;
  }

  async #write(): Promise<void> {
    const byService = Map.groupBy(this.#table.all(), ({ service }) => service);
    const services = Object.fromEntries(
      [...byService].map(([service, those]) => [service, those.map(writtenRegistration)]),
    );
    const work = `${this.#path}.${randomUUID()}`;
    await mkdir(dirname(this.#path), { recursive: true });
    try {
      const file = await open(work, 'wx', 0o600);
      try {
        await file.writeFile(`${JSON.stringify({ format: FORMAT, services })}\n`);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(work, this.#path);
    } catch (error) {
      await rm(work, { force: true });
      throw error;
    }
  }
}

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import { createFileRegistry, type FileRegistry, fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { type RegisteredExtensions, readRegistered } from './extensions/registered-extensions.ts';
import { type MessagePlans, messagePlans } from './message-plan.ts';

/** The API of one Envoy minor version: its messages, their constraints, and the extensions that such an Envoy has compiled in. */
export type ApiSet = {
  /** `1.40`. */
  readonly minor: string;
  readonly registry: FileRegistry;
  readonly plans: MessagePlans;
  /** Absent where nobody has gathered them from a binary of that minor. */
  readonly extensions: RegisteredExtensions | undefined;
};

const DESCRIPTORS = join(import.meta.dirname, 'descriptors');
const SET_FILE = /^envoy-(\d+)\.(\d+)\.binpb\.br$/;

const order = (minor: string): number => {
  const [major = 0, patchless = 0] = minor.split('.').map(Number);
  return major * 10_000 + patchless;
};

/** The Envoy minor versions with a descriptor set in this repository, oldest first. */
export const API_MINORS: readonly string[] = readdirSync(DESCRIPTORS)
  .map((file) => SET_FILE.exec(file))
  .filter((match) => match !== null)
  .map(([, major, minor]) => `${major}.${minor}`)
  .sort((a, b) => order(a) - order(b));

const loaded = new Map<string, ApiSet>();

/** The set of exactly that minor; read from disk on first use (about 0.15 s and 25 MB each), then kept. */
export function apiSetOf(minor: string): ApiSet {
  const kept = loaded.get(minor);
  if (kept) return kept;
  const packed = readFileSync(join(DESCRIPTORS, `envoy-${minor}.binpb.br`));
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, brotliDecompressSync(packed)));
  const slots = JSON.parse(readFileSync(join(DESCRIPTORS, `envoy-${minor}.slots.json`), 'utf8'));
  const set: ApiSet = { minor, registry, plans: messagePlans(registry, slots), extensions: registeredOf(minor) };
  loaded.set(minor, set);
  return set;
}

const registered = new Map<string, RegisteredExtensions | undefined>();

/** What `extensions` of that minor's set is, without the rest of it; under 2 ms. */
export function registeredOf(minor: string): RegisteredExtensions | undefined {
  if (!registered.has(minor)) registered.set(minor, readRegistered(minor));
  return registered.get(minor);
}

/**
 * The minor whose set holds for `version`: its own (`exact`), else the nearest older one, else the oldest that there is. `version` is
 * `1.38.3`; what follows the minor is not looked at, since Envoy's API does not change within one.
 */
export function apiMinorFor(version: string): { readonly minor: string; readonly exact: boolean } {
  const own = minorOf(version);
  if (API_MINORS.includes(own)) return { minor: own, exact: true };
  const older = API_MINORS.filter((known) => order(known) <= order(own));
  return { minor: older.at(-1) ?? API_MINORS[0] ?? own, exact: false };
}

export function apiSetFor(version: string): { readonly set: ApiSet; readonly exact: boolean } {
  const { minor, exact } = apiMinorFor(version);
  return { set: apiSetOf(minor), exact };
}

/** The canonical form of resources, and so the digest, always comes from this set, whichever versions a matrix has. */
export const newestApiSet = (): ApiSet => apiSetOf(API_MINORS.at(-1) ?? '');

export const minorOf = (version: string): string => version.split('.').slice(0, 2).join('.');

/** The minors after `minor` that have a set, oldest first. */
export const minorsAfter = (minor: string): readonly string[] =>
  API_MINORS.filter((known) => order(known) > order(minor));

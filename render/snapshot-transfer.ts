import type { Generator, GeneratorTemplate } from './generators/generator.ts';
import type { JsonObject, JsonScalar, JsonValue } from './json.ts';
import { type ContainerPlace, placeOf, setPlace } from './places.ts';
import type { Resource } from './resource.ts';
import type { Snapshot } from './snapshot.ts';

/**
 * A snapshot in a form that crosses a process boundary by structured clone: places hang on containers by a symbol, which a
 * clone would lose, so each container carries its place beside its members.
 */
export type PackedSnapshot = {
  readonly snapshot: Omit<Snapshot, 'resources' | 'bootstrap' | 'generators'>;
  readonly resources: readonly (Omit<Resource, 'body'> & { readonly body: Packed })[];
  readonly bootstrap?: Packed;
  readonly generators?: readonly PackedGenerator[];
};
type PackedGenerator = Omit<Generator, 'use' | 'templates'> & {
  readonly use: Packed;
  readonly templates: readonly (Omit<GeneratorTemplate, 'body'> & { readonly body: Packed })[];
};
type Packed =
  | JsonScalar
  | { readonly list: readonly Packed[]; readonly place: ContainerPlace | undefined }
  | { readonly members: readonly (readonly [string, Packed])[]; readonly place: ContainerPlace | undefined };

function pack(value: JsonValue): Packed {
  if (typeof value !== 'object' || value === null) return value;
  const place = placeOf(value);
  if (Array.isArray(value)) return { list: value.map(pack), place };
  return { members: Object.entries(value).map(([key, member]) => [key, pack(member)] as const), place };
}

function unpack(packed: Packed): JsonValue {
  if (typeof packed !== 'object' || packed === null) return packed;
  const value: JsonValue =
    'list' in packed
      ? packed.list.map(unpack)
      : Object.fromEntries(packed.members.map(([key, member]) => [key, unpack(member)]));
  return packed.place ? setPlace(value as object & JsonValue, packed.place) : value;
}

export function packSnapshot({ resources, bootstrap, generators, ...snapshot }: Snapshot): PackedSnapshot {
  return {
    snapshot,
    resources: resources.map(({ body, ...rest }) => ({ ...rest, body: pack(body) })),
    ...(bootstrap ? { bootstrap: pack(bootstrap) } : {}),
    ...(generators ? { generators: generators.map(packGenerator) } : {}),
  };
}

const packGenerator = ({ use, templates, ...rest }: Generator): PackedGenerator => ({
  ...rest,
  use: pack(use),
  templates: templates.map(({ body, ...template }) => ({ ...template, body: pack(body) })),
});

const unpackGenerator = ({ use, templates, ...rest }: PackedGenerator): Generator => ({
  ...rest,
  use: unpack(use) as JsonObject,
  templates: templates.map(({ body, ...template }) => ({ ...template, body: unpack(body) as JsonObject })),
});

export function unpackSnapshot({ snapshot, resources, bootstrap, generators }: PackedSnapshot): Snapshot {
  return {
    ...snapshot,
    resources: resources.map(({ body, ...rest }) => ({ ...rest, body: unpack(body) as JsonObject })),
    ...(bootstrap !== undefined ? { bootstrap: unpack(bootstrap) as JsonObject } : {}),
    ...(generators ? { generators: generators.map(unpackGenerator) } : {}),
  };
}

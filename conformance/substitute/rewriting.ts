import type { JsonObject, JsonValue } from '../../render/json.ts';
import { valueLocation } from '../../render/places.ts';
import { type Resource, resourceLabel } from '../../render/resource.ts';
import { canonicalJson } from '../../render/snapshot.ts';
import type { SourceLocation } from '../../render/source-location.ts';
import type { CellPki } from '../cell/running-cell.ts';
import type { HostKey } from '../upstream/stand-in.ts';
import type { Substitution } from './substitution.ts';

export type SubstituteOptions = {
  /** The port of a host's stand-in. */
  readonly portOf: (key: HostKey) => number;
  readonly pki: CellPki;
  /** A directory of the cell's own, at the same absolute path for its Envoy; it must exist. */
  readonly scratchDir: string;
  /** The address under which Envoy reaches stand-ins; an IP address. */
  readonly upstreamHost: string;
  /** The address that listeners are moved to, with a port from the OS; an IP address. */
  readonly listenHost: string;
  /** Whether Envoy hands changes of health to its workers at once, rather than gathered; see `substituteMergeWindow`. Default false. */
  readonly healthAtOnce?: boolean;
};

/** The secrets that a snapshot's resources ask for, by the field that asks. */
export type SecretKind = 'tlsCertificate' | 'validationContext' | 'sessionTicketKeys' | 'genericSecret';

/** The change of one resource's copy: whatever is replaced is written down with its place. */
export class Rewriting {
  readonly options: SubstituteOptions;
  readonly done: Substitution[] = [];
  readonly #resource: string;
  readonly #at: SourceLocation;

  constructor(
    options: SubstituteOptions,
    resource: Pick<Resource, 'kind' | 'name' | 'at'> | { readonly at: SourceLocation },
  ) {
    this.options = options;
    this.#resource = 'kind' in resource ? resourceLabel(resource) : 'bootstrap';
    this.#at = resource.at;
  }

  /** Gives `holder[key]` the new value; an equal one is no substitution. `was` and `became` default to the values as JSON. */
  set(holder: JsonObject, key: string, value: JsonValue, what: Substitution['what'], words?: Words): void {
    const before = holder[key];
    if (before !== undefined && canonicalJson(before) === canonicalJson(value)) return;
    this.#note(holder, key, what, words?.was ?? shown(before), words?.became ?? shown(value));
    holder[key] = value;
  }

  drop(holder: JsonObject, key: string, what: Substitution['what'], words?: Words): void {
    if (holder[key] === undefined) return;
    this.#note(holder, key, what, words?.was ?? shown(holder[key]), words?.became ?? 'left out');
    delete holder[key];
  }

  #note(holder: JsonObject, key: string, what: Substitution['what'], was: string, became: string): void {
    const at = valueLocation(holder, key) ?? this.#at;
    this.done.push({ what, resource: this.#resource, at, was: `${key} ${was}`, became });
  }
}
export type Words = { readonly was?: string; readonly became?: string };

const SHOWN = 120;

function shown(value: JsonValue | undefined): string {
  if (value === undefined) return 'not set';
  const text = typeof value === 'string' ? value : canonicalJson(value);
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}

/** Every container below `root` with the key under which it stands (that of the list, for a list's items); outer ones first. */
export function walk(root: JsonValue, visit: (container: JsonObject, key: string) => void, key = ''): void {
  if (typeof root !== 'object' || root === null) return;
  if (Array.isArray(root)) for (const item of root) walk(item, visit, key);
  else {
    visit(root, key);
    for (const [name, value] of Object.entries(root)) walk(value, visit, name);
  }
}

import type { JsonObject } from '../json.ts';
import type { ResourceKind } from '../resource.ts';
import type { Template } from './templates/template.ts';

/** One item of a resource file as it was read: a resource, or the use of a template. */
export type LoadedItem = {
  readonly kind: ResourceKind;
  readonly body: JsonObject;
  /** Its file has `${` or `$if` somewhere: only then is it looked through for each stage. */
  readonly dynamic: boolean;
  /** The stage whose overlay it is from; absent for what all stages share. */
  readonly stage?: string;
};
export type LoadedBootstrap = { readonly body: JsonObject; readonly dynamic: boolean; readonly stage?: string };

/** One document of `generators/`, before anything of it is read. */
export type LoadedGenerator = { readonly file: string; readonly body: JsonObject; readonly stage?: string };

/** A mesh config, each file read and parsed once, before anything that depends on the stage. */
export type Loaded = {
  readonly dir: string;
  /** In the order of their files' paths, then as they stand there. */
  readonly items: readonly LoadedItem[];
  readonly bootstraps: readonly LoadedBootstrap[];
  readonly generators: readonly LoadedGenerator[];
  readonly templates: ReadonlyMap<string, Template>;
  /** By stage; `common` holds for every stage, under the stage's own. */
  readonly values: ReadonlyMap<string, JsonObject>;
};

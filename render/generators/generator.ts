import type { JsonObject } from '../json.ts';
import type { SourceLocation } from '../source-location.ts';

/**
 * A template that the control plane instantiates once for each service which a source knows under a tag. Part of the snapshot, with all
 * that the template needs, so that what is promoted is the rule by which resources come to be. Plain JSON, as it is delivered.
 */
export type Generator = {
  /** Unique in a stage. */
  readonly name: string;
  readonly source: ServiceSource;
  /** The use of a template, as in a resource file: `${service.…}` in its `with` is what is known of the service. */
  readonly use: JsonObject;
  /** All that the use leads to, by name. */
  readonly templates: readonly GeneratorTemplate[];
  /** Those of the stage's values that the templates name. */
  readonly values: JsonObject;
  /** The stage, where the templates name it. */
  readonly stage?: string;
  /** Made-up services that the matrix proves the template with; at least one. */
  readonly examples: readonly KnownService[];
  /** More services than these are left out. */
  readonly maxServices: number;
  /** How long the last good answer of a source that fails is believed. */
  readonly maxStaleMs: number;
  /** An answer with less than this share of the most services that the source gave within the hold is not believed at once. */
  readonly floorPercent: number;
  readonly floorHoldMs: number;
  /** Where the mesh config has it; not content. */
  readonly at: SourceLocation;
};

/** `body` is a document of `templates/*.yaml`; `at` is where it stands, and is not content. */
export type GeneratorTemplate = { readonly name: string; readonly body: JsonObject; readonly at: SourceLocation };

/** How to reach a Consul or a Kubernetes is for whoever runs the control plane; what to ask it stands here. */
export type ServiceSource =
  | { readonly kind: 'consul'; readonly tag: string; readonly datacenter?: string }
  /** Services whose hosts registered themselves with the control planes of the stage. */
  | { readonly kind: 'registry'; readonly tag: string }
  /** Services whose EndpointSlices bear the label: `expose`, or `expose=http`. */
  | { readonly kind: 'kubernetes'; readonly namespace: string; readonly tag: string }
  /** A list of services in a file on the machine of the control plane. */
  | { readonly kind: 'file'; readonly path: string; readonly tag: string };

/** A service as a source knows it; names and tags are whatever somebody registered. */
export type KnownService = {
  readonly name: string;
  /** Sorted, each once; one of the form `key=value` is `${service.tags.key}`. */
  readonly tags: readonly string[];
};

/** What of a generator is part of the digest. */
export function contentOf({ at: _, templates, ...content }: Generator): JsonObject {
  const bodies = templates.map(({ name, body }) => ({ name, body }));
  return { ...content, templates: bodies } as unknown as JsonObject;
}

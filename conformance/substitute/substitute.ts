import type { JsonObject } from '../../render/json.ts';
import { locationOf } from '../../render/places.ts';
import { objectAt, textAt } from '../../render/read-json.ts';
import type { Resource } from '../../render/resource.ts';
import { canonicalJson, resourcesOf, type Snapshot } from '../../render/snapshot.ts';
import { copyOf, typeOf } from '../matching/canonical-body.ts';
import { substituteAssignment, substituteCluster, substituteListener } from './address-substitution.ts';
import { substituteBootstrap } from './bootstrap-substitution.ts';
import { assignmentNameOf, discoveryOf } from './cluster-facts.ts';
import { substituteConfigSource, substituteEds, type Wanted } from './config-source-substitution.ts';
import { type ListenerPlan, planListener } from './listener-plan.ts';
import { substitutePaths } from './path-substitution.ts';
import { Rewriting, type SubstituteOptions, walk } from './rewriting.ts';
import type { Substitution } from './substitution.ts';
import { substituteMergeWindow } from './timing-substitution.ts';
import { makeSecret, substituteSecret, substituteTlsContext } from './tls-substitution.ts';

export type { SubstituteOptions } from './rewriting.ts';

export type Substituted = {
  /** In the order of the snapshot; endpoint resources under the names of the clusters that use them, made-up secrets last. */
  readonly resources: readonly Resource[];
  readonly bootstrap?: JsonObject;
  readonly substitutions: readonly Substitution[];
  readonly listeners: readonly ListenerPlan[];
};

/**
 * Turns a snapshot into one that runs on loopback: hosts become stand-ins, listeners get ports from the OS, certificates come
 * from the cell's authority, files and outside services stay in the cell. Everything else stays as it is written, and every
 * change is listed. Pure: equal resources become equal ones whatever else the snapshot holds, so that live and proposed
 * snapshots differ after it exactly where they differed before. Throws what `portOf` throws for a host without a stand-in.
 */
export function substitute(snapshot: Snapshot, options: SubstituteOptions): Substituted {
  const wanted: Wanted = { secrets: new Map(), elsewhere: new Map() };
  const resources: Resource[] = [];
  const substitutions: Substitution[] = [];
  const finish = (resource: Resource, rewriting: Rewriting, body: JsonObject, name = resource.name) => {
    walk(body, (container, key) => {
      substituteTlsContext(rewriting, container, key);
      substitutePaths(rewriting, container, key);
      substituteConfigSource(rewriting, container, key, wanted);
    });
    substitutions.push(...rewriting.done);
    const same = name === resource.name && canonicalJson(body) === canonicalJson(resource.body);
    resources.push(same ? resource : { ...resource, name, body });
  };
  const validatesClients = clientValidation(snapshot);
  const users = edsUsers(snapshot);
  for (const resource of snapshot.resources) {
    if (resource.kind === 'endpoint') {
      for (const cluster of users.get(resource.name) ?? []) {
        const rewriting = new Rewriting(options, resource);
        const body = copyOf(resource.body);
        body.clusterName = cluster.name;
        substituteAssignment(rewriting, cluster.body, body);
        finish(resource, rewriting, body, cluster.name);
      }
      continue;
    }
    const rewriting = new Rewriting(options, resource);
    const body = copyOf(resource.body);
    if (resource.kind === 'listener') substituteListener(rewriting, body, planListener(resource));
    if (resource.kind === 'cluster') {
      substituteCluster(rewriting, body);
      substituteEds(rewriting, body, wanted);
      substituteMergeWindow(rewriting, body);
    }
    if (resource.kind === 'secret') substituteSecret(rewriting, body, validatesClients.has(resource.name));
    finish(resource, rewriting, body);
  }
  const bootstrap = substitutedBootstrap(snapshot, options, wanted, substitutions);
  addMissing(snapshot, options, wanted, resources, substitutions);
  return {
    resources,
    ...(bootstrap ? { bootstrap } : {}),
    substitutions,
    listeners: resourcesOf(snapshot, 'listener').map(planListener),
  };
}

/** The EDS clusters that take their hosts from each endpoint resource. One that nobody asks for is not served to anybody. */
function edsUsers(snapshot: Snapshot): ReadonlyMap<string, readonly Resource[]> {
  const users = new Map<string, Resource[]>();
  for (const cluster of resourcesOf(snapshot, 'cluster')) {
    if (discoveryOf(cluster.body) !== 'eds') continue;
    const name = assignmentNameOf(cluster.body);
    users.set(name, [...(users.get(name) ?? []), cluster]);
  }
  return users;
}

/** Names of the validation secrets with which listeners (rather than clusters) judge certificates. */
function clientValidation(snapshot: Snapshot): ReadonlySet<string> {
  const names = new Set<string>();
  for (const { body } of resourcesOf(snapshot, 'listener')) {
    walk(body, (container, key) => {
      if (!typeOf(container).endsWith('.DownstreamTlsContext') && key !== 'downstreamTlsContext') return;
      const common = objectAt(container, 'commonTlsContext');
      for (const holder of [common, objectAt(common, 'combinedValidationContext')]) {
        const name = textAt(holder, 'validationContextSdsSecretConfig', 'name');
        if (name !== undefined) names.add(name);
      }
    });
  }
  return names;
}

function substitutedBootstrap(
  snapshot: Snapshot,
  options: SubstituteOptions,
  wanted: Wanted,
  substitutions: Substitution[],
): JsonObject | undefined {
  if (!snapshot.bootstrap) return undefined;
  const bootstrap = copyOf(snapshot.bootstrap);
  const at = locationOf(snapshot.bootstrap) ?? { file: 'bootstrap.yaml', line: 1, column: 1 };
  const rewriting = new Rewriting(options, { at });
  substituteBootstrap(rewriting, bootstrap, at);
  walk(bootstrap, (container, key) => {
    if (key === 'secrets') substituteSecret(rewriting, container, true);
    substituteTlsContext(rewriting, container, key);
    substitutePaths(rewriting, container, key);
    substituteConfigSource(rewriting, container, key, wanted);
  });
  substitutions.push(...rewriting.done);
  return bootstrap;
}

/** What is asked for and nobody has: secrets of the cell's own, and nothing at all from sources that a cell does not have. */
function addMissing(
  snapshot: Snapshot,
  options: SubstituteOptions,
  wanted: Wanted,
  resources: Resource[],
  substitutions: Substitution[],
): void {
  const has = (kind: Resource['kind'], name: string) =>
    snapshot.resources.some((resource) => resource.kind === kind && resource.name === name);
  const at = snapshot.resources[0]?.at ?? { file: 'mesh.yaml', line: 1, column: 1 };
  const add = (kind: Resource['kind'], name: string, body: JsonObject, what: Substitution['what'], became: string) => {
    substitutions.push({ what, resource: `${kind} ${name}`, at, was: 'asked for, and not in the snapshot', became });
    resources.push({ kind, name, body, at });
  };
  for (const [name, kind] of [...wanted.secrets].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (has('secret', name)) continue;
    const body = makeSecret(new Rewriting(options, { kind: 'secret', name, at }), name, kind);
    add('secret', name, body, 'tls-material', 'a secret of the cell');
  }
  for (const { kind, name } of [...wanted.elsewhere.values()].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (has(kind, name)) continue;
    if (kind === 'route') add(kind, name, { name }, 'config-source', 'a route configuration without virtual hosts');
    else {
      for (const cluster of edsUsers(snapshot).get(name) ?? []) {
        add(kind, cluster.name, { clusterName: cluster.name }, 'config-source', 'no endpoints');
      }
    }
  }
}

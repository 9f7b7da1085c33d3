import type { Finding } from '../../render/finding.ts';
import { type Resource, resourceLabel } from '../../render/resource.ts';
import type { Snapshot } from '../../render/snapshot.ts';
import { placeEnvoyWords } from './envoy-words.ts';

export type CounterJudgement = {
  readonly snapshot: Snapshot;
  readonly envoy: string;
  readonly stats: ReadonlyMap<string, number>;
  readonly log: string;
  /** Fields that were already found missing in the dump: the counter is explained by them. */
  readonly droppedKnown: boolean;
};

/** The statistics that `counterFindings` reads. */
export const COUNTER_PATTERN =
  '^(server\\.dynamic_unknown_fields|server\\.static_unknown_fields|runtime\\.deprecated_feature_use|listener_manager\\.listener_create_failure|cluster_manager\\.warming_clusters|listener_manager\\.total_listeners_warming)$';

const DEPRECATION = /(?:Deprecated field: type (?<type>\S+) )?Using deprecated option '(?<option>[^']+)'[^\n]*/g;
const UNKNOWN_FIELD = /type (?<type>[\w.]+)(?:\([^)]*\))? (?:with unknown field set|has unknown fields)[^\n]*/g;

/** What Envoy counts but refuses nothing for: fields it does not know, deprecated options, listeners that could not be made. */
export function counterFindings({ snapshot, envoy, stats, log, droppedKnown }: CounterJudgement): Finding[] {
  const findings: Finding[] = [];
  const base = { stage: snapshot.stage, envoy: [envoy] } as const;
  const at = snapshot.resources[0]?.at ?? { file: 'mesh.yaml', line: 1, column: 1 };
  const unknown = stats.get('server.dynamic_unknown_fields') ?? 0;
  if (unknown > 0 && !droppedKnown) {
    const said = [...log.matchAll(UNKNOWN_FIELD)].map(([line]) => line);
    findings.push({
      ...base,
      rule: 'field-dropped',
      severity: 'error',
      at: placeEnvoyWords(said.join(' '), snapshot.resources)?.at ?? at,
      saw: `Envoy ${envoy} dropped ${unknown} unknown field(s) without a word (server.dynamic_unknown_fields)${said.length > 0 ? `: ${said.join('; ')}` : ''}`,
      want: `only fields that Envoy ${envoy} knows`,
    });
  }
  for (const option of new Map(
    [...log.matchAll(DEPRECATION)].map((match) => [match.groups?.['option'] ?? match[0], match[0]]),
  ).entries()) {
    const [name, words] = option;
    const field = name.split('.').at(-1) ?? name;
    const user = snapshot.resources.find((resource) => usesField(resource, field));
    findings.push({
      ...base,
      rule: 'deprecated-in-use',
      severity: 'warning',
      at: user?.at ?? at,
      saw: words,
      want: 'an option that later Envoy versions still have',
      ...(user ? { resource: resourceLabel(user) } : {}),
    });
  }
  return findings;
}

const usesField = (resource: Resource, field: string): boolean => {
  const camel = field.replaceAll(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
  return JSON.stringify(resource.body).includes(`"${camel}":`);
};

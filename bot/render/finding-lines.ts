import type { Revision } from '../../pipeline/ids.ts';
import type { Finding } from '../../render/finding.ts';
import { formatLocation, type SourceLocation } from '../../render/source-location.ts';
import { code, escapeEntities } from './escape.ts';

/** Makes the address of a place in the mesh config; undefined where nothing is configured. */
export type SourceLink = (at: SourceLocation, revision: Revision | undefined) => string | undefined;

/**
 * From `https://git.example/mesh/blob/{revision}/{file}#L{line}`. Every part is encoded, so that a file's name cannot end the link or
 * lead elsewhere; slashes of the path stay.
 */
export const sourceLink =
  (template: string | undefined): SourceLink =>
  (at, revision) => {
    if (template === undefined || revision === undefined || at.file === '') return undefined;
    const encoded = at.file.toWellFormed().split('/').map(encodeComponent).join('/');
    return template
      .replaceAll('{revision}', () => encodeComponent(revision))
      .replaceAll('{file}', () => encoded)
      .replaceAll('{line}', () => String(at.line));
  };

const encodeComponent = (text: string): string =>
  encodeURIComponent(text).replaceAll(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

/** `config/routes.yaml:4:2 unknown-cluster (stage; resource): saw …; want …`, one line of mrkdwn each. */
export function findingLine(finding: Finding, link: SourceLink, revision: Revision | undefined): string {
  const { severity, rule, at, saw, want, resource, envoy } = finding;
  const url = link(at, revision);
  const label = formatLocation(at);
  const place = url && url.length < 1_000 ? `${code(label, 160)} (<${escapeEntities(url)}|source>)` : code(label, 160);
  const scope = [resource, envoy && envoy.length > 0 ? `Envoy ${envoy.join(', ')}` : undefined].filter(
    (s) => s !== undefined,
  );
  const about = scope.length > 0 ? ` in ${code(scope.join('; '), 160)}` : '';
  return `${severity === 'error' ? '⛔' : '⚠️'} ${place} ${code(rule, 80)}${about}: saw ${code(saw, 400)}; want ${code(want, 400)}`;
}

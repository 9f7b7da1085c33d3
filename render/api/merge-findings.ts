import type { Finding } from '../finding.ts';

type ByVersion<F extends Finding> = { readonly version: string; readonly findings: readonly F[] };

/**
 * One finding for what several versions say alike, with the versions in `envoy`; without `envoy` where all of them say it. What is
 * wanted is told in the words of the last of them.
 */
export function mergeByVersion<F extends Finding>(results: readonly ByVersion<F>[]): readonly F[] {
  const merged = new Map<string, { finding: F; versions: string[] }>();
  for (const { version, findings } of results)
    for (const finding of findings) {
      const key = keyOf(finding);
      const known = merged.get(key);
      if (!known) merged.set(key, { finding, versions: [version] });
      else if (known.versions.at(-1) !== version) {
        known.versions.push(version);
        known.finding = finding;
      }
    }
  return [...merged.values()].map(({ finding, versions }) =>
    versions.length === results.length ? finding : { ...finding, envoy: versions },
  );
}

/** Leaves out what is said twice: the same finding, or one for some versions beside the same for all. */
export function withoutRepeats<F extends Finding>(findings: readonly F[]): readonly F[] {
  const general = new Set(findings.filter(({ envoy }) => envoy === undefined).map(keyOf));
  const seen = new Set<string>();
  return findings.filter((finding) => {
    const key = keyOf(finding);
    if (finding.envoy !== undefined && general.has(key)) return false;
    const exact = `${key} ${finding.envoy?.join() ?? ''}`;
    if (seen.has(exact)) return false;
    seen.add(exact);
    return true;
  });
}

/** What is wanted belongs to it only where one value can break several rules; elsewhere it lists what a version knows. */
const keyOf = ({ rule, severity, at, saw, want, resource }: Finding): string =>
  JSON.stringify([rule, severity, at.file, at.line, at.column, saw, resource, rule === 'constraint' ? want : '']);

import { isIP } from 'node:net';
import type { JsonObject } from '../../render/json.ts';
import { objectAt, objectsAt, textAt } from '../../render/read-json.ts';
import { matchesString, sampleStrings } from '../matching/string-matcher.ts';

export type CertificateName = { readonly kind: 'dns' | 'uri' | 'ip'; readonly name: string };

/** The SAN matchers of a validation context, each as (its kind of name if it says one, its string matcher). */
export const sanMatchersOf = (validation: JsonObject): readonly SanMatcher[] => [
  ...objectsAt(validation, 'matchTypedSubjectAltNames').map((typed) => ({
    sanType: textAt(typed, 'sanType'),
    matcher: objectAt(typed, 'matcher') ?? {},
  })),
  ...objectsAt(validation, 'matchSubjectAltNames').map((matcher) => ({ sanType: undefined, matcher })),
];
export type SanMatcher = { readonly sanType: string | undefined; readonly matcher: JsonObject };

/** A name for a certificate that the matcher accepts; undefined where none can be made (e-mail names, odd regexes). */
export function nameFor({ sanType, matcher }: SanMatcher): CertificateName | undefined {
  if (sanType === 'EMAIL' || sanType === 'OTHER_NAME') return undefined;
  for (const sample of candidates(matcher)) {
    if (matchesString(matcher, sample) !== 'yes') continue;
    const kind = isIP(sample) !== 0 ? 'ip' : /^[a-z][a-z0-9+.-]*:\/\/./i.test(sample) ? 'uri' : 'dns';
    if (
      kind === 'dns' &&
      !/^(\*\.)?[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$/i.test(sample)
    )
      continue;
    const wanted = { DNS: 'dns', URI: 'uri', IP_ADDRESS: 'ip' }[sanType ?? ''];
    if (wanted === undefined || wanted === kind) return { kind, name: sample };
  }
  return undefined;
}

function candidates(matcher: JsonObject): readonly string[] {
  const parts = sampleStrings(matcher);
  const { prefix, suffix, contains } = matcher;
  if (typeof prefix === 'string') return [`${prefix}meshgate`, `${prefix}.test`, `${prefix}/meshgate`, prefix];
  if (typeof suffix === 'string')
    return [suffix, `meshgate${suffix}`, `spiffe://meshgate${suffix}`, `spiffe://meshgate/${suffix}`];
  if (typeof contains === 'string')
    return [contains, `spiffe://${contains}`, `a${contains}a`, `spiffe://meshgate/${contains}`];
  return parts;
}

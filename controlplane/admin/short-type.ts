import { RESOURCE_KINDS, typeUrlOf } from '../../render/resource.ts';
import { XDS_TYPES } from '../xds/xds-types.ts';

const NAMES = new Map<string, string>(Object.entries(XDS_TYPES).map(([name, url]) => [url, name]));

/** `CDS` for the type URL of clusters; the URL itself for a type that has no such name. */
export const shortTypeOf = (typeUrl: string): string => NAMES.get(typeUrl) ?? typeUrl;

/** All short names. */
export const SHORT_TYPES: readonly string[] = Object.keys(XDS_TYPES);

/** The type URL that is meant by `CDS`, `cds`, `cluster` or the URL itself; undefined: none is. */
export function typeUrlNamed(text: string): string | undefined {
  if (NAMES.has(text)) return text;
  const kind = RESOURCE_KINDS.find((one) => one === text);
  if (kind) return typeUrlOf(kind);
  return [...NAMES].find(([, name]) => name === text.toUpperCase())?.[0];
}

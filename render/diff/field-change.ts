import type { JsonPath, JsonValue } from '../json.ts';
import type { SourceLocation } from '../source-location.ts';

/** One field, list member or order that differs. */
export type FieldChange = {
  readonly kind: 'added' | 'removed' | 'changed' | 'moved';
  /** As a person would write it: `virtual_hosts[web].routes[prefix /api].route.timeout`. */
  readonly field: string;
  readonly before?: JsonValue;
  readonly after?: JsonValue;
  readonly beforeAt?: SourceLocation;
  readonly afterAt?: SourceLocation;
  /** Paths inside the bodies, where the field is there. */
  readonly beforePath?: JsonPath;
  readonly afterPath?: JsonPath;
};

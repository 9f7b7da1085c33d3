import type { SourceLocation } from '../../render/source-location.ts';

/** One thing that a cell runs differently from how it is written; the report lists every one. */
export type Substitution = {
  readonly what:
    | 'listener-address'
    | 'host-address'
    | 'tls-material'
    | 'file'
    | 'log-path'
    | 'outside-service'
    | 'config-source'
    | 'timing';
  readonly resource: string;
  readonly at: SourceLocation;
  readonly was: string;
  readonly became: string;
};

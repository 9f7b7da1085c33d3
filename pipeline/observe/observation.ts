import type { Finding } from '../../render/finding.ts';

/** What watching the fleet has come to. `watching` says how far it is, for the live message (`37/40 Envoys ACKed`). */
export type Observation =
  | { readonly kind: 'watching'; readonly progress: string; readonly againAtEpochMs: number }
  | { readonly kind: 'healthy'; readonly summary: string; readonly document: string }
  | { readonly kind: 'harm'; readonly findings: readonly Finding[]; readonly document: string }
  | { readonly kind: 'inconclusive'; readonly findings: readonly Finding[]; readonly document: string };

import type { StepName } from './step-name.ts';

/** What happened to the traffic of a rehearsal, in equal steps of time from its beginning. */
export type RehearsalTimeline = {
  readonly step: StepName;
  readonly stepMs: number;
  /** When which act began, from the beginning; in order. */
  readonly phases: readonly { readonly atMs: number; readonly phase: string }[];
  readonly points: readonly {
    readonly sent: number;
    readonly failed: number;
    /** Requests by the cluster whose stand-in answered; what Envoy answered itself is under the empty name. */
    readonly servedBy: Readonly<Record<string, number>>;
  }[];
  /** Envoy's `lb_healthy_panic` over all clusters, as often as it was read. */
  readonly panic: readonly { readonly atMs: number; readonly picks: number }[];
};

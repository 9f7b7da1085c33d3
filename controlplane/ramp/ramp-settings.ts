import type { DiscoveredHost } from '../discovery/discovered-host.ts';
import type { PanicRule } from './panic-rule.ts';

/** How one cluster is ramped. Times in ms. */
export type RampSettings = {
  /** False: no active health checks, so Envoy takes every host for healthy; hosts then enter and leave at once. */
  readonly healthChecked: boolean;
  readonly rule: PanicRule;
  /**
   * So many healthy hosts may die while new ones are on trial, and panic mode stays off; taken where it leaves a step of one host or
   * more. Default 1.
   */
  readonly spareHosts: number;
  /**
   * So many of 100 hosts may be taken out by outlier detection (`max_ejection_percent`), which asks nobody: room for them is kept like
   * `spareHosts`. Default 0: there is none.
   */
  readonly ejectablePercent: number;
  /** New health must have held so long: Envoy hands changes of health to its workers up to 1 s late (`update_merge_window`). Default 1,500. */
  readonly settleMs: number;
  /**
   * The same where no Envoy tells what it sees: by then every Envoy has taken the hosts and asked them once. Default 10,000;
   * `rampSettingsOf` reads it off the cluster's health checks.
   */
  readonly settleUnseenMs: number;
  /** A host that somebody sees unhealthy for so long is seen so by every Envoy. Default 10,000; read off the health checks too. */
  readonly settleDownMs: number;
  /** A new host that is seen unhealthy for so long is taken out again; one that Envoys only count stays, and is counted. Default 15,000. */
  readonly patienceMs: number;
  /** A host that was taken out may try again after this, and after twice as long each time (10 min at most). Default 30,000. */
  readonly retryMs: number;
  /** A host that is missing at its source leaves after so long: registries flap. Default 5,000. */
  readonly absentForMs: number;
  /** A host that nobody has looked at may enter unseen after so long. Default 5,000. */
  readonly lookFirstMs: number;
  /** Envoys that have not taken a step after so long are waited for no longer. Default 30,000. */
  readonly lagMs: number;
  /**
   * Within what else Envoy counts: a subset load balancer has a panic mode of its own in each subset. Names of the groups that a host
   * belongs to, beside its priority; default: none.
   */
  readonly groupsOf: (host: DiscoveredHost) => readonly string[];
};

export const DEFAULT_RAMP: RampSettings = {
  healthChecked: true,
  rule: { thresholdPercent: 50, overprovisioningPercent: 140 },
  spareHosts: 1,
  ejectablePercent: 0,
  settleMs: 1_500,
  settleUnseenMs: 10_000,
  settleDownMs: 10_000,
  patienceMs: 15_000,
  retryMs: 30_000,
  absentForMs: 5_000,
  lookFirstMs: 5_000,
  lagMs: 30_000,
  groupsOf: () => [],
};

import type { RampSettings } from './ramp-settings.ts';

/** Settings by which a step is safe for Envoys that go by either. */
export function strictestSettings(one: RampSettings, other: RampSettings): RampSettings {
  const most = (field: keyof { [Key in keyof RampSettings as RampSettings[Key] extends number ? Key : never]: true }) =>
    Math.max(one[field], other[field]);
  const factors = [one.rule.overprovisioningPercent, other.rule.overprovisioningPercent];
  return {
    ...other,
    healthChecked: one.healthChecked || other.healthChecked,
    rule: {
      thresholdPercent: Math.max(one.rule.thresholdPercent, other.rule.thresholdPercent),
      overprovisioningPercent: factors.includes(undefined)
        ? undefined
        : Math.min(...factors.map((factor) => factor ?? 0)),
    },
    spareHosts: most('spareHosts'),
    ejectablePercent: most('ejectablePercent'),
    settleMs: most('settleMs'),
    settleUnseenMs: most('settleUnseenMs'),
    settleDownMs: most('settleDownMs'),
    patienceMs: most('patienceMs'),
    groupsOf: (host) => [...new Set([...one.groupsOf(host), ...other.groupsOf(host)])],
  };
}

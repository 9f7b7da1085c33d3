import type { Finding } from '../../render/finding.ts';
import { resourceLabel } from '../../render/resource.ts';
import type { SourceLocation } from '../../render/source-location.ts';
import { named, type RampWait } from './ramp-words.ts';
import { RAMP_RULES, type RampRule } from './rules.ts';

/** Reasons to wait that a person ends; of single hosts that are unhealthy or in maintenance, `mesh fleet ramp` tells. */
const RULES: Partial<Record<RampWait['kind'], RampRule>> = {
  held: 'ramp-held',
  'no-room': 'ramp-stuck',
  'no-evidence': 'ramp-stuck',
  'last-hosts': 'ramp-stuck',
  'not-kept': 'ramp-not-kept',
};

const WANT: Readonly<Record<RampRule, string>> = {
  'ramp-held': 'a release, when whoever held it has seen enough',
  'ramp-stuck': 'a step that cannot cause panic mode; see mesh fleet ramp',
  'ramp-not-kept':
    'a folder of ramps, or a database where they are shared, that can be read and written; what is served stays as it is',
};

/** What of why the ramp of a cluster waits people should look at. `at`: where its `discovery:` stands. */
export function rampFindings(waiting: readonly RampWait[], cluster: string, at: SourceLocation): readonly Finding[] {
  return waiting.flatMap(({ kind, hosts, text }) => {
    const rule = RULES[kind];
    const saw = hosts.length > 0 ? `${named(hosts)}: ${text}` : text;
    return rule ? [rampFinding(rule, saw, cluster, at)] : [];
  });
}

export const rampFinding = (rule: RampRule, saw: string, cluster: string, at: SourceLocation): Finding => ({
  rule,
  severity: RAMP_RULES.find(({ code }) => code === rule)?.severity ?? 'warning',
  at,
  saw,
  want: WANT[rule],
  resource: resourceLabel({ kind: 'cluster', name: cluster }),
});

import { expect, test } from 'vitest';
import { rampFindings } from '../../../controlplane/ramp/ramp-findings.ts';
import type { RampWait } from '../../../controlplane/ramp/ramp-words.ts';
import { RAMP_RULES } from '../../../controlplane/ramp/rules.ts';

const AT = { file: 'clusters/app.yaml', line: 3, column: 1 };
const waits = (...kinds: RampWait['kind'][]): RampWait[] =>
  kinds.map((kind) => ({ kind, hosts: ['10.0.0.1:80'], text: 'why' }));

test('what a person ends is a finding, with the hosts; what passes by itself, and single bad hosts, are none', () => {
  const passing = waits('on-trial', 'needed', 'not-taken', 'not-heard', 'not-looked-at', 'just-gone');
  expect(rampFindings(passing, 'app', AT)).toEqual([]);
  expect(rampFindings(waits('unhealthy', 'maintenance', 'failed-before'), 'app', AT)).toEqual([]);
  const stuck = waits('held', 'no-room', 'no-evidence', 'last-hosts', 'not-kept');
  const found = rampFindings([...passing, ...stuck], 'app', AT);
  expect(found.map(({ rule, severity }) => [rule, severity])).toEqual([
    ['ramp-held', 'warning'],
    ['ramp-stuck', 'warning'],
    ['ramp-stuck', 'warning'],
    ['ramp-stuck', 'warning'],
    ['ramp-not-kept', 'error'],
  ]);
  expect(found[0]).toMatchObject({ at: AT, resource: 'cluster app', saw: '10.0.0.1:80: why' });
  expect(new Set(found.map(({ rule }) => rule))).toEqual(new Set(RAMP_RULES.map(({ code }) => code)));
});

import { walkObjects } from '../../../render/references/walk-json.ts';
import { re2Fault } from '../re2-syntax.ts';
import type { Complaint, SnapshotRule } from '../snapshot-rule.ts';

/** Members that hold an `envoy.type.matcher.v3.RegexMatcher`, under whatever filter. */
const isRegexMatcher = (key: string): boolean => /regex/i.test(key) || key === 'pattern';

const badRegex: SnapshotRule = {
  code: 'bad-regex',
  severity: 'error',
  holdsIn: 'part',
  summary: 'A regular expression is none that RE2 takes.',
  check: (snapshot) =>
    snapshot.resources.flatMap((resource) => {
      const complaints: Complaint[] = [];
      walkObjects(resource.body, ({ object, key }) => {
        const { regex } = object;
        if (typeof regex !== 'string' || !isRegexMatcher(key)) return;
        const fault = re2Fault(regex);
        if (fault === undefined) return;
        const want = 'a regular expression of RE2 (https://github.com/google/re2/wiki/Syntax)';
        complaints.push({ resource, holder: object, key: 'regex', saw: `${regex}: ${fault}`, want });
      });
      return complaints;
    }),
};

export const REGEX_RULES: readonly SnapshotRule[] = [badRegex];

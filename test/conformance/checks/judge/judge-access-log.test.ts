import { describe, expect, test } from 'vitest';
import { accessLogHolds, judgeAccessLog } from '../../../../conformance/checks/judge/judge-access-log.ts';
import { checkOf, PLACE } from './exchanges.ts';

describe('access logs', () => {
  const fields = {
    status: { kind: 'exact', value: '200' },
    'upstream.cluster': { kind: 'exact', value: 'a' },
  } as const;
  const check = checkOf({ accessLog: { fields } }, { places: { accessLog: PLACE } });
  test('numbers, fields inside of fields and names with dots', () => {
    expect(accessLogHolds(['{"status":200,"upstream":{"cluster":"a"}}'], fields)).toBe(true);
    expect(accessLogHolds(['{"status":200,"upstream.cluster":"a"}'], fields)).toBe(true);
    expect(accessLogHolds(['{"status":200}', '{"upstream":{"cluster":"a"}}'], fields)).toBe(false);
  });
  test('a null is an absent field', () => {
    expect(accessLogHolds(['{"flags":null}'], { flags: { kind: 'absent' } })).toBe(true);
    expect(accessLogHolds(['{"flags":null}'], { flags: { kind: 'present' } })).toBe(false);
  });
  test('the nearest line is shown', () => {
    const [finding] = judgeAccessLog(check, ['{"status":404}', '{"status":200,"upstream":{"cluster":"b"}}']);
    expect(finding).toMatchObject({
      rule: 'check-access-log',
      at: PLACE,
      saw: expect.stringMatching(/^upstream\.cluster "b", in the nearest of 2 lines/),
    });
  });
  test('no line, and lines that are no JSON', () => {
    expect(judgeAccessLog(check, [])[0]?.saw).toBe('no line written during the check');
    expect(judgeAccessLog(check, ['[2026] GET /'])[0]?.saw).toContain('none of them JSON: [2026] GET /');
  });
});

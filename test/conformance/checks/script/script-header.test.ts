import { expect, test } from 'vitest';
import { readScriptHeader } from '../../../../conformance/checks/script/script-header.ts';

const read = (text: string) => readScriptHeader('checks/s', text, ['beta', 'canary']);

test.each([
  [
    '#!/bin/sh\n# mesh: stages=beta,canary envoy=">=1.38 <2" timeout=10s\n',
    { timeoutMs: 10_000, stages: ['beta', 'canary'], envoy: '>=1.38 <2' },
  ],
  ['#!/usr/bin/env node\n// mesh: timeout=2m\n', { timeoutMs: 120_000 }],
  ['-- mesh: envoy=1.38', { timeoutMs: 30_000, envoy: '1.38' }],
  ['#!/bin/sh\necho mesh: stages=nowhere\n', { timeoutMs: 30_000 }],
  [`${'\n'.repeat(10)}# mesh: timeout=1s`, { timeoutMs: 30_000 }],
])('%j', (text, header) => {
  expect(read(text)).toEqual({ header, findings: [] });
});

test('every fault is reported at its place', () => {
  const { findings } = read('#!/bin/sh\n# mesh: stage=beta stages=betta envoy=new timeout=5\n');
  expect(findings.map(({ rule, at: { line, column } }) => `${line}:${column} ${rule}`)).toEqual([
    '2:9 script-header',
    '2:20 check-unknown-name',
    '2:33 check-envoy-range',
    '2:43 script-header',
  ]);
});

import { expect, test } from 'vitest';
import { logFormatOf, logLines } from '../../cli/log-lines.ts';

const lines = (format: 'text' | 'json') => {
  const written: string[] = [];
  const ports = { write: (text: string) => void written.push(text), stage: 'beta', processId: 7 };
  return { written, say: logLines(format, { ...ports, nowEpochMs: () => Date.UTC(2026, 10, 22, 20, 0, 0, 5) }) };
};

test('for people: a line each, whatever is in it', () => {
  const { written, say } = lines('text');
  say('refused: a\nserve beta: forged', { severity: 'warn' });
  expect(written).toEqual(['serve beta: refused: a serve beta: forged\n']);
});

test('for programs: one JSON object a line, with the fields of the log data model', () => {
  const { written, say } = lines('json');
  say('refused: a\n"b"', { severity: 'warn', attributes: { 'meshgate.node.id': 'edge-1' } });
  say('serving 1234');
  expect(written.every((line) => line.indexOf('\n') === line.length - 1)).toBe(true);
  expect(written.map((line) => JSON.parse(line))).toMatchObject([
    {
      timestamp: '2026-11-22T20:00:00.005Z',
      severityText: 'WARN',
      severityNumber: 13,
      body: 'refused: a "b"',
      attributes: { 'meshgate.stage': 'beta', 'meshgate.node.id': 'edge-1' },
      resource: { 'service.name': 'meshgate-control-plane', 'service.namespace': 'beta', 'process.pid': 7 },
    },
    { severityText: 'INFO', severityNumber: 9, body: 'serving 1234', attributes: { 'meshgate.stage': 'beta' } },
  ]);
});

test('another format is refused by name', () => {
  expect(logFormatOf('json')).toBe('json');
  expect(() => logFormatOf('jsn')).toThrow('--log-format jsn: want a format; did you mean json?');
});

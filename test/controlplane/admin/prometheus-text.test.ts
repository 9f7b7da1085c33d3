import { expect, test } from 'vitest';
import { metricPieces, openMetricsText, prometheusText } from '../../../controlplane/admin/prometheus-text.ts';

const family = (samples: Parameters<typeof prometheusText>[0][number]['samples'], help = 'What it is.') => ({
  name: 'meshgate_x',
  help,
  type: 'gauge' as const,
  samples,
});

test('one family after another, each with its help and type; one without samples is left out', () => {
  expect(
    prometheusText([
      family([{ value: 1 }, { labels: { a: 'b', c: '' }, value: 0.5 }]),
      { ...family([]), name: 'meshgate_none' },
      { name: 'meshgate_y_total', help: 'Why.', type: 'counter', samples: [{ value: 1e21 }] },
    ]),
  ).toBe(
    '# HELP meshgate_x What it is.\n# TYPE meshgate_x gauge\nmeshgate_x 1\nmeshgate_x{a="b",c=""} 0.5\n' +
      '# HELP meshgate_y_total Why.\n# TYPE meshgate_y_total counter\nmeshgate_y_total 1e+21\n',
  );
});

test('a long text comes in pieces, so that whoever writes it can do something else in between', () => {
  const labels = { a: 'b' };
  const buckets = Array.from({ length: 2_000 }, (_, at) => ({
    suffix: '_bucket' as const,
    labels,
    le: `${at}`,
    value: at,
  }));
  const long = [{ name: 'meshgate_z_seconds', help: 'How long.', type: 'histogram' as const, samples: buckets }];
  const pieces = [...metricPieces(long, false)];
  expect(pieces.length).toBeGreaterThan(5);
  expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThan(20_000);
  expect(pieces.join('')).toBe(prometheusText(long));
  expect(prometheusText(long).split('\n')[9]).toBe('meshgate_z_seconds_bucket{a="b",le="7"} 7');
  expect(() => prometheusText([{ ...family([]), samples: [...buckets, ...buckets] }])).toThrow('is there twice');
});

test('what comes from outside cannot leave its label', () => {
  const text = prometheusText([family([{ labels: { a: 'x"} 1\nevil{b="\\n\\' }, value: 1 }], 'a "b"\\\nc')]);
  expect(text).toBe(
    String.raw`# HELP meshgate_x a "b"\\\nc` +
      '\n# TYPE meshgate_x gauge\n' +
      String.raw`meshgate_x{a="x\"} 1\nevil{b=\"\\n\\"} 1` +
      '\n',
  );
  expect(prometheusText([family([{ labels: { a: 'half \ud800' }, value: 1 }])])).toContain('a="half \ufffd"');
});

test('numbers as Prometheus reads them', () => {
  const values = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, -0, 1_763_843_679.123];
  const lines = values.map((value) => prometheusText([family([{ value }])]).split('\n')[2]);
  expect(lines.map((line) => line?.split(' ')[1])).toEqual(['+Inf', '-Inf', 'NaN', '0', '1763843679.123']);
});

test('what Prometheus would refuse is not written', () => {
  expect(() => prometheusText([{ ...family([{ value: 1 }]), name: '1x' }])).toThrow('no name of a metric');
  expect(() => prometheusText([family([{ labels: { __x: '' }, value: 1 }])])).toThrow('no name of a label');
  expect(() =>
    prometheusText([
      family([
        { labels: { a: 'b' }, value: 1 },
        { labels: { a: 'b' }, value: 2 },
      ]),
    ]),
  ).toThrow('is there twice');
});

test('as OpenMetrics: counters without their ending in the type, exemplars of buckets, and an end', () => {
  const labels = { route: 'a"b' };
  const exemplar = { labels: { trace_id: 'abc' }, value: 0.25, atEpochMs: 1_500 };
  const families = [
    { name: 'meshgate_y_total', help: 'Why "so".', type: 'counter' as const, samples: [{ value: 2 }] },
    {
      name: 'meshgate_z_seconds',
      help: 'How long.',
      type: 'histogram' as const,
      samples: [
        { suffix: '_bucket' as const, labels: { ...labels, le: '0.5' }, value: 1, exemplar },
        { suffix: '_count' as const, labels, value: 1 },
      ],
    },
  ];
  expect(openMetricsText(families)).toBe(
    '# HELP meshgate_y Why \\"so\\".\n# TYPE meshgate_y counter\nmeshgate_y_total 2\n' +
      '# HELP meshgate_z_seconds How long.\n# TYPE meshgate_z_seconds histogram\n' +
      'meshgate_z_seconds_bucket{route="a\\"b",le="0.5"} 1 # {trace_id="abc"} 0.25 1.5\n' +
      'meshgate_z_seconds_count{route="a\\"b"} 1\n# EOF\n',
  );
  expect(prometheusText(families)).not.toMatch(/trace_id|EOF/);
  expect(() => openMetricsText([{ ...family([{ value: 1 }]), type: 'counter' }])).toThrow(/ends in _total/);
});

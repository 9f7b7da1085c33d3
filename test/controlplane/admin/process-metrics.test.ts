import { expect, test } from 'vitest';
import { processMetrics } from '../../../controlplane/admin/process-metrics.ts';
import { prometheusText } from '../../../controlplane/admin/prometheus-text.ts';

test('the process began once: a clock that is set, or two looks at different moments, do not make it begin anew', () => {
  const looks = [0, 300, 600, 900].map((ms) => prometheusText(processMetrics(Date.now() + ms)));
  const began = looks.map((text) => Number(/^process_start_time_seconds (\S+)$/m.exec(text)?.[1]));
  expect(new Set(began).size).toBe(1);
  expect(Math.abs((began[0] ?? 0) - (Date.now() / 1_000 - process.uptime()))).toBeLessThan(2);
});

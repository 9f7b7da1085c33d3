import type { MetricFamily } from './prometheus-text.ts';

/**
 * When this process began. To be asked once: clocks are set and drift, and another answer is a restart to Prometheus.
 */
export const processBeganEpochMs = (nowEpochMs: number): number => nowEpochMs - process.uptime() * 1_000;

/** This process, under the names that Prometheus' client libraries use. */
export function processMetrics(beganEpochMs: number): readonly MetricFamily[] {
  const { rss, heapUsed, external } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  const metric = (name: string, help: string, type: MetricFamily['type'], value: number): MetricFamily => ({
    name,
    help,
    type,
    samples: [{ value }],
  });
  return [
    metric('process_cpu_seconds_total', 'CPU time, user and system.', 'counter', (user + system) / 1_000_000),
    metric('process_resident_memory_bytes', 'Resident memory.', 'gauge', rss),
    metric('process_start_time_seconds', 'When the process began.', 'gauge', Math.round(beganEpochMs / 1_000)),
    metric('nodejs_heap_size_used_bytes', 'Memory of the JavaScript heap in use.', 'gauge', heapUsed),
    metric('nodejs_external_memory_bytes', 'Memory outside of the heap that objects of it hold.', 'gauge', external),
  ];
}

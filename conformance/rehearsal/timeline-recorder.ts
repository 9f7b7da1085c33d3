import type { ClientAnswer } from '../client/client-answer.ts';
import type { RehearsalTimeline } from '../report/rehearsal-timeline.ts';

/** A timeline before it is known of which step it is. */
export type Timeline = Omit<RehearsalTimeline, 'step'>;

/** Steps are no shorter, and there are about so many of them at most. */
const SHORTEST_STEP_MS = 100;
const MOST_STEPS = 120;

/** Writes down what happens to the traffic of a rehearsal. Times are those of `performance.now()`. */
export type TimelineRecorder = {
  phase(atMs: number, phase: string): void;
  /** `by`: who answered; default the cluster whose stand-in says so. */
  answered(atMs: number, answer: ClientAnswer, failed: boolean, by?: string): void;
  /** Readings of `lb_healthy_panic` over all clusters. */
  panic(atMs: number, counters: ReadonlyMap<string, number>): void;
  /** Undefined: no request was ever answered. */
  read(): Timeline | undefined;
};

export function timelineRecorder(beganMs: number): TimelineRecorder {
  const phases: { readonly atMs: number; readonly phase: string }[] = [];
  const answers: { readonly atMs: number; readonly failed: boolean; readonly by: string }[] = [];
  const readings: { readonly atMs: number; readonly picks: number }[] = [];
  const since = (atMs: number): number => Math.max(0, Math.round(atMs - beganMs));
  return {
    phase: (atMs, phase) => void phases.push({ atMs: since(atMs), phase }),
    answered: (atMs, answer, failed, by = clusterOf(answer)) => void answers.push({ atMs: since(atMs), failed, by }),
    panic(atMs, counters) {
      readings.push({ atMs: since(atMs), picks: [...counters.values()].reduce((sum, value) => sum + value, 0) });
    },
    read() {
      const lastMs = Math.max(...answers.map(({ atMs }) => atMs));
      if (answers.length === 0) return undefined;
      const stepMs = Math.ceil(Math.max(SHORTEST_STEP_MS, lastMs / MOST_STEPS) / SHORTEST_STEP_MS) * SHORTEST_STEP_MS;
      const points = Array.from({ length: Math.floor(lastMs / stepMs) + 1 }, () => ({
        sent: 0,
        failed: 0,
        servedBy: new Map<string, number>(),
      }));
      for (const { atMs, failed, by } of answers) {
        const point = points[Math.floor(atMs / stepMs)];
        if (!point) continue;
        point.sent += 1;
        if (failed) point.failed += 1;
        point.servedBy.set(by, (point.servedBy.get(by) ?? 0) + 1);
      }
      const [first] = readings;
      // A counter of an Envoy counts from its start: what is told is how far it moved.
      const panic = readings.map(({ atMs, picks }) => ({ atMs, picks: Math.max(0, picks - (first?.picks ?? 0)) }));
      // Names of clusters are text from outside: `__proto__` is one like any other.
      const told = points.map((point) => ({ ...point, servedBy: Object.fromEntries(point.servedBy) }));
      return { stepMs, phases, points: told, panic };
    },
  };
}

/** Stand-ins say whose they are; what Envoy answers by itself bears no name. */
const clusterOf = (answer: ClientAnswer): string =>
  answer.kind === 'answer' ? (answer.headers['x-meshgate-cluster'] ?? '') : '';

import type { FleetReport, ReportSink } from './fleet-report.ts';

/** Between two reports at least so long, unless a node refused something; without news, one each heartbeat. */
const COALESCE_MS = 1_000;

export type ReportLoopPorts = {
  readonly take: () => FleetReport;
  readonly giveBack: (report: FleetReport) => void;
  readonly sink: ReportSink;
  readonly heartbeatMs: number;
  /** The sink failed (again), or works again after that. Serving does not depend on it. */
  readonly onFault: (problem: string | undefined) => void;
};

/** Brings what changed to the sink: at most one report at a time, and one a second. */
export class ReportLoop {
  readonly #ports: ReportLoopPorts;
  #timer: NodeJS.Timeout | undefined;
  #dueAt = Number.POSITIVE_INFINITY;
  #running: Promise<void> | undefined;
  #lastAt = Number.NEGATIVE_INFINITY;
  #failing = false;
  #stopped = false;

  constructor(ports: ReportLoopPorts) {
    this.#ports = ports;
    this.#at(0);
  }

  changed(urgent: boolean): void {
    const now = performance.now();
    this.#at(urgent && !this.#failing ? now : Math.max(now, this.#lastAt + COALESCE_MS));
  }

  /** After a last report, which is not waited for longer than `withinMs`. */
  async stop(withinMs: number): Promise<void> {
    clearTimeout(this.#timer);
    this.#stopped = true;
    let timer: NodeJS.Timeout | undefined;
    const over = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, withinMs);
    });
    await Promise.race([(this.#running ?? Promise.resolve()).then(() => this.#report()), over]);
    clearTimeout(timer);
  }

  #at(dueAt: number): void {
    if (this.#stopped || dueAt >= this.#dueAt) return;
    this.#dueAt = dueAt;
    if (this.#running) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#start(), Math.max(0, dueAt - performance.now()));
  }

  #start(): void {
    this.#dueAt = Number.POSITIVE_INFINITY;
    this.#running = this.#report().finally(() => {
      this.#running = undefined;
      const wanted = Math.min(this.#dueAt, performance.now() + (this.#failing ? COALESCE_MS : this.#ports.heartbeatMs));
      this.#dueAt = Number.POSITIVE_INFINITY;
      this.#at(wanted);
    });
  }

  async #report(): Promise<void> {
    const report = this.#ports.take();
    this.#lastAt = performance.now();
    try {
      await this.#ports.sink(report);
      if (this.#failing) this.#ports.onFault(undefined);
      this.#failing = false;
    } catch (error) {
      this.#ports.giveBack(report);
      if (!this.#failing) this.#ports.onFault(error instanceof Error ? error.message : String(error));
      this.#failing = true;
    }
  }
}

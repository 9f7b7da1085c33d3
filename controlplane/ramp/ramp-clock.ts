/** Time, as whoever runs a ramp hands it in. */
export type RampClock = {
  readonly nowEpochMs: () => number;
  /** Calls `act` once after `ms`, unless the returned function is called before. Does not keep a process alive. */
  readonly after: (ms: number, act: () => void) => () => void;
};

/** What a program that reads the log of a control plane is told beside the words. */
export type LogAbout = {
  /** Default `info`. `warn`: people should look at it. */
  readonly severity?: 'info' | 'warn';
  /** By their names in OpenTelemetry's semantic conventions where those have one, else below `meshgate.`. */
  readonly attributes?: Readonly<Record<string, string | number>>;
};

/** Tells a person who runs it one line. */
export type Say = (line: string, about?: LogAbout) => void;

import type { Snapshot } from '../../render/snapshot.ts';
import type { Cell } from '../cell.ts';
import type { UpstreamPool } from '../upstream/upstream-pool.ts';

/** Where a listener of the snapshot really listens in this cell. */
export type ListenerAddress = { readonly host: string; readonly port: number };

/** The throw-away PKI of a run, PEM texts: one authority that signs stand-ins and the listeners' certificates alike. */
export type CellPki = {
  readonly caCertificate: string;
  /** For listeners (downstream TLS), and for the client side of mutual TLS. */
  readonly certificate: string;
  readonly privateKey: string;
};

/** A booted cell, as checks and rehearsals see it. */
export type RunningCell = {
  readonly cell: Cell;
  /** The snapshot as written (not as substituted): what checks are derived from and findings point into. */
  readonly snapshot: Snapshot;
  readonly adminUrl: URL;
  readonly upstreams: UpstreamPool;
  readonly pki: CellPki;
  /** Undefined when this Envoy has no such listener, or it listens on no TCP port. */
  listenerAddress(name: string): ListenerAddress | undefined;
  /** Lines written since the cell booted to the access log that the config writes to `path` (`/dev/stdout` and `/dev/stderr` too). */
  accessLogLines(path?: string): Promise<readonly string[]>;
  /** A directory of this cell's own. */
  readonly scratchDir: string;
  /** Its Envoy hands changes of health to its workers at once (see `substituteMergeWindow`). Default false. */
  readonly healthAtOnce?: boolean;
  readonly signal: AbortSignal;
};

/** One resource ready for the wire: encoded once, the bytes shared by every stream that it goes to. */
export type ServedResource = {
  readonly name: string;
  /** The encoded resource message (the `value` of its Any). */
  readonly bytes: Uint8Array;
  /** Content hash of `bytes`. */
  readonly version: string;
  /** Of a cluster by EDS: the name of its endpoints. */
  readonly endpoints?: string;
};

/** What the control plane serves to a group of nodes. The key is the xDS type URL. */
export type ServedSnapshot = {
  /** The snapshot's digest; the `version_info` of state-of-the-world answers is derived from the content per type. */
  readonly digest: string;
  readonly resources: ReadonlyMap<string, readonly ServedResource[]>;
};

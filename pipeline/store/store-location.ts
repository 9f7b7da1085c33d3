/** Where a store lies. */
export type StoreLocation =
  /** `dataDir` is made when it is missing. Its file system must be local: locks and sockets of network file systems are not relied on. */
  | { readonly kind: 'pglite'; readonly dataDir: string }
  /** A connection URL as libpq has them (`postgresql://user:password@host/database?sslmode=verify-full`). PostgreSQL 14 or newer. */
  | { readonly kind: 'postgresql'; readonly url: string };

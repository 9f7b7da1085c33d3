import type { StoreLocation } from '../../../pipeline/store/store-location.ts';

export const ROLES = ['worker', 'bot', 'serve'] as const;
export type Role = (typeof ROLES)[number];

/** What a process is told to be. */
export type Part = {
  readonly role: Role;
  readonly name: string;
  readonly location: StoreLocation;
  /** The mesh config's repository. */
  readonly config: string;
  /** What targets are relative to. */
  readonly targets: string;
  readonly stage: string;
  readonly slack: { readonly botToken: string; readonly appToken: string; readonly apiUrl: string };
  /** Of a control plane. */
  readonly port: number;
};

export type ToProcess =
  | { readonly kind: 'be'; readonly part: Part }
  /** It may go on from the point where it stands. */
  | { readonly kind: 'go'; readonly at: number }
  /** A fault of its clock: how far it is off from now on. */
  | { readonly kind: 'clock'; readonly offMs: number };
export type FromProcess =
  | { readonly kind: 'ready' }
  /** It stands still until it is told to go on, or is killed there. */
  | { readonly kind: 'at'; readonly at: number; readonly point: string };

/** Resolves when the process may go on. */
export type At = (point: string) => Promise<void>;

/** Exit code of a process whose database died while it started: whoever supervises it starts it again. */
export const STORE_WAS_GONE = 75;

import { type DiscoveredHost, hostKey } from '../discovered-host.ts';
import type { Registration } from './registration.ts';

export type RegistryLimits = {
  /** Of all services together; default 20,000. */
  readonly hosts?: number;
  /** Default 5,000. */
  readonly hostsOfOneService?: number;
};

export type Registered =
  | { readonly kind: 'new' | 'changed' | 'renewed'; readonly expiresEpochMs: number }
  | { readonly kind: 'full'; readonly problem: string };

export type Entry = { readonly registration: Registration; readonly expiresEpochMs: number };

/** A timer of Node's waits no longer than this. */
const LONGEST_WAIT_MS = 0x7fff_ffff;

/**
 * Who registered with this control plane, each until its time to live is over. A registration that says the same again only lives
 * longer; one that says something else replaces what was.
 */
export class RegistryTable implements Disposable {
  readonly #clock: () => number;
  readonly #limits: Required<RegistryLimits>;
  readonly #services = new Map<string, Map<string, Entry>>();
  readonly #listeners = new Map<string, Set<() => void>>();
  /** Told of every change of what is registered, not of renewals. */
  readonly #changed = new Set<() => void>();
  #count = 0;
  /** What the clock said last, and how far it was set back until then. */
  #saidEpochMs = 0;
  #setBackMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #dueEpochMs = Number.POSITIVE_INFINITY;

  constructor(ports: { readonly nowEpochMs: () => number; readonly limits?: RegistryLimits }) {
    this.#clock = ports.nowEpochMs;
    this.#limits = { hosts: 20_000, hostsOfOneService: 5_000, ...ports.limits };
  }

  register(registration: Registration): Registered {
    this.#expire();
    const { service, host, ttlMs } = registration;
    const key = hostKey(host);
    const before = this.#services.get(service)?.get(key);
    if (!before) {
      const { hosts, hostsOfOneService } = this.#limits;
      if (this.#count >= hosts) return { kind: 'full', problem: `there are ${hosts} hosts, which is the most` };
      if ((this.#services.get(service)?.size ?? 0) >= hostsOfOneService)
        return { kind: 'full', problem: `${service} has ${hostsOfOneService} hosts, which is the most` };
    }
    const expiresEpochMs = this.#nowEpochMs() + ttlMs;
    const hosts = this.#services.get(service) ?? new Map<string, Entry>();
    this.#services.set(service, hosts);
    hosts.set(key, { registration, expiresEpochMs });
    if (!before) this.#count += 1;
    this.#wakeAt(expiresEpochMs);
    const isSame = before !== undefined && JSON.stringify(before.registration) === JSON.stringify(registration);
    if (!isSame) this.#tell([service]);
    return { kind: before ? (isSame ? 'renewed' : 'changed') : 'new', expiresEpochMs };
  }

  /** False: it was not there. */
  deregister(service: string, key: string): boolean {
    this.#expire();
    if (!this.#remove(service, key)) return false;
    this.#tell([service]);
    return true;
  }

  /** In the order of their keys. */
  list(service: string): readonly Entry[] {
    this.#expire();
    return [...(this.#services.get(service) ?? [])].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry);
  }

  hosts(service: string): readonly DiscoveredHost[] {
    return this.list(service).map(({ registration }) => registration.host);
  }

  /** How long a host that is listed lives on if nothing more is heard of it. */
  leftMs({ expiresEpochMs }: Entry): number {
    return Math.max(0, expiresEpochMs - this.#nowEpochMs());
  }

  /** Names, with how many hosts each has. */
  services(): readonly { readonly service: string; readonly hosts: number; readonly tags: readonly string[] }[] {
    this.#expire();
    return [...this.#services.keys()].sort().map((service) => {
      const entries = [...(this.#services.get(service)?.values() ?? [])];
      const tags = [...new Set(entries.flatMap(({ registration }) => registration.tags))].sort();
      return { service, hosts: entries.length, tags };
    });
  }

  all(): readonly Registration[] {
    return this.services().flatMap(({ service }) => this.list(service).map(({ registration }) => registration));
  }

  /** Calls `listener` after each change of the hosts of `service`, or of any service; returns how to stop that. */
  onChange(listener: () => void, service?: string): () => void {
    if (service === undefined) {
      this.#changed.add(listener);
      return () => void this.#changed.delete(listener);
    }
    const listeners = this.#listeners.get(service) ?? new Set();
    this.#listeners.set(service, listeners);
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#listeners.get(service) === listeners) this.#listeners.delete(service);
    };
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Never less than before: hosts that are dead would live on for as long as a clock is set back. */
  #nowEpochMs(): number {
    const said = this.#clock();
    this.#setBackMs += Math.max(0, this.#saidEpochMs - said);
    this.#saidEpochMs = said;
    return said + this.#setBackMs;
  }

  #remove(service: string, key: string): boolean {
    const hosts = this.#services.get(service);
    if (!hosts?.delete(key)) return false;
    this.#count -= 1;
    if (hosts.size === 0) this.#services.delete(service);
    return true;
  }

  #tell(services: readonly string[]): void {
    if (services.length === 0) return;
    for (const service of services) for (const listener of [...(this.#listeners.get(service) ?? [])]) listener();
    for (const listener of [...this.#changed]) listener();
  }

  #expire(): void {
    const now = this.#nowEpochMs();
    if (now < this.#dueEpochMs) return;
    let due = Number.POSITIVE_INFINITY;
    const changed = new Set<string>();
    for (const [service, hosts] of this.#services)
      for (const [key, { expiresEpochMs }] of hosts) {
        if (expiresEpochMs <= now) {
          this.#remove(service, key);
          changed.add(service);
        } else due = Math.min(due, expiresEpochMs);
      }
    this.#dueEpochMs = Number.POSITIVE_INFINITY;
    clearTimeout(this.#timer);
    if (Number.isFinite(due)) this.#wakeAt(due);
    this.#tell([...changed]);
  }

  #wakeAt(epochMs: number): void {
    if (epochMs >= this.#dueEpochMs) return;
    this.#dueEpochMs = epochMs;
    clearTimeout(this.#timer);
    const waitMs = Math.min(LONGEST_WAIT_MS, Math.max(1, epochMs - this.#nowEpochMs()));
    this.#timer = setTimeout(() => this.#wake(), waitMs).unref();
  }

  #wake(): void {
    const due = this.#dueEpochMs;
    this.#expire();
    // Too early by the clock that was given: looked at again when it says so.
    if (this.#dueEpochMs === due && Number.isFinite(due)) {
      this.#dueEpochMs = Number.POSITIVE_INFINITY;
      this.#wakeAt(due);
    }
  }
}

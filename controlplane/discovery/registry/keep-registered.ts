import { pause, pauseAfter } from '../ask-on.ts';
import type { HostHealth } from '../discovered-host.ts';
import { type AppCheck, watchApp } from './app-check.ts';
import type { Registration } from './registration.ts';
import type { RegistryClient } from './registry-client.ts';

export type KeepRegisteredOptions = {
  /** All control planes of the stage: each has a table of its own. */
  readonly registries: readonly RegistryClient[];
  readonly registration: Registration;
  /** Default: the health in `registration` stands. With it nothing is registered before the first look. */
  readonly check?: AppCheck;
  readonly onEvent?: (event: RegisterEvent) => void;
};

export type RegisterEvent =
  | { readonly kind: 'health'; readonly health: HostHealth }
  | { readonly kind: 'registered' | 'deregistered'; readonly registry: string }
  /** It is tried again. The first of several in a row. */
  | { readonly kind: 'failed'; readonly registry: string; readonly problem: string };

/** For leaving, of all registries together. */
const LEAVE_MS = 3_000;

/**
 * Keeps a host registered, with the health that its app has, until aborted; then takes it out, and resolves. Each registry is told three
 * times within the host's time to live, and at once when the health changes. Never rejects. Where every registry refuses the host and none
 * ever took it, that is its end, and what it resolves with; one that refuses what another takes is asked on.
 */
export async function keepRegistered(options: KeepRegisteredOptions, wanted: AbortSignal): Promise<string | undefined> {
  const { registries, registration, check, onEvent } = options;
  const refusing = new AbortController();
  const signal = AbortSignal.any([wanted, refusing.signal]);
  const refusals = new Map<RegistryClient, string>();
  let wasTaken = false;
  let health: HostHealth | undefined = check ? undefined : registration.host.health;
  // Aborted and made anew at each change: what wakes those that wait.
  let changed = new AbortController();

  const current = (): Registration => ({
    ...registration,
    host: { ...registration.host, health: health ?? 'unknown' },
  });
  const follow = async (registry: RegistryClient): Promise<void> => {
    let failures = 0;
    let isSaid = false;
    while (!signal.aborted) {
      const change = changed.signal;
      let pauseMs = registration.ttlMs / 3;
      if (health !== undefined) {
        const reply = await registry.register(current(), signal);
        if (signal.aborted) return;
        if (reply.kind === 'refused') {
          refusals.set(registry, reply.problem);
          if (!wasTaken && refusals.size === registries.length) return refusing.abort();
        }
        if (reply.kind !== 'done') {
          if (failures === 0) onEvent?.({ kind: 'failed', registry: registry.origin, problem: reply.problem });
          failures += 1;
          isSaid = false;
          pauseMs = pauseAfter(failures, { firstMs: 250, mostMs: pauseMs }, Math.random());
        } else {
          failures = 0;
          wasTaken = true;
          if (!isSaid) onEvent?.({ kind: 'registered', registry: registry.origin });
          isSaid = true;
        }
      }
      await pause(pauseMs, AbortSignal.any([signal, change]));
    }
  };
  const look = async (how: AppCheck): Promise<void> => {
    for await (const found of watchApp(how, signal)) {
      health = found;
      onEvent?.({ kind: 'health', health });
      const before = changed;
      changed = new AbortController();
      before.abort();
    }
  };
  await Promise.all([...(check ? [look(check)] : []), ...registries.map(follow)]);
  const limit = AbortSignal.timeout(LEAVE_MS);
  await Promise.all(
    registries.map(async (registry) => {
      const reply = await registry.deregister(registration, limit);
      if (reply.kind === 'done') onEvent?.({ kind: 'deregistered', registry: registry.origin });
    }),
  );
  return refusing.signal.aborted ? [...refusals.values()][0] : undefined;
}

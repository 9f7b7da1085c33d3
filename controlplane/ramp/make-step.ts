import type { Choice } from './choose-admitted.ts';
import type { RampSettings } from './ramp-settings.ts';
import { type AdmittedHost, isSomeoneAway, type RampState } from './ramp-state.ts';
import { keysOf, named, type RampEntry } from './ramp-words.ts';

const MOST_RETRY_MS = 600_000;

/** Serves what was chosen, under the next version. */
export function makeStep(
  state: RampState,
  choice: Choice,
  settings: RampSettings,
  atMs: number,
  log: RampEntry[],
): RampState {
  const admitted = new Map(state.admitted);
  const failed = new Map(state.failed);
  const left: AdmittedHost[] = [];
  const withdrawn: AdmittedHost[] = [];
  for (const id of choice.leave) {
    const one = state.admitted.get(id);
    if (!one) continue;
    admitted.delete(id);
    const isWanted = state.wanted?.get(id)?.host.health !== 'maintenance' && state.wanted?.has(id) === true;
    (isWanted ? withdrawn : left).push(one);
    if (!isWanted) continue;
    const times = (failed.get(id)?.times ?? 0) + 1;
    failed.set(id, { times, untilMs: atMs + Math.min(MOST_RETRY_MS, settings.retryMs * 2 ** (times - 1)) });
  }
  for (const [id, { host, priority }] of choice.enter)
    admitted.set(id, { host, priority, enteredAtMs: atMs, confirmed: !settings.healthChecked, established: false });
  const regrouped: AdmittedHost[] = [];
  for (const [id, { host }] of choice.regroup) {
    const one = admitted.get(id);
    if (!one) continue;
    admitted.set(id, { ...one, host, confirmed: !settings.healthChecked });
    regrouped.push(one);
  }
  const say = (kind: RampEntry['kind'], hosts: readonly string[], verb: string): void => {
    if (hosts.length > 0) log.push({ atMs, kind, hosts, text: `${named(hosts)} ${verb}: ${choice.arithmetic}` });
  };
  const hurried = state.order.kind === 'hurried' ? `, hurried by ${state.order.by}` : '';
  say('entered', keysOf(choice.enter.map(([, one]) => one)), `enter${hurried}`);
  say('left', keysOf(left), `leave${hurried}`);
  say('withdrawn', keysOf(withdrawn), 'failed and are taken out');
  say('regrouped', keysOf(regrouped), `change their subset${hurried}`);
  const { fleet } = state.evidence;
  const unhealthy = fleet.kind === 'seen' ? fleet.unhealthyMost : 0;
  const onTrial = [...state.admitted.values()].some(({ confirmed }) => !confirmed);
  const untilMs = isSomeoneAway(state) ? atMs + settings.lagMs : atMs;
  return {
    ...state,
    admitted,
    failed,
    version: state.version + 1,
    bases: [...state.bases, { ids: new Set(state.admitted.keys()), untilMs }],
    servedAtMs: atMs,
    appliedAtMs: undefined,
    absentSince: new Map([...state.absentSince].filter(([id]) => admitted.has(id))),
    // Hosts that are on trial already were not there before.
    unhealthyBefore: onTrial ? Math.min(unhealthy, state.unhealthyBefore) : unhealthy,
    wellSinceMs: undefined,
  };
}

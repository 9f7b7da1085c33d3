import { hostKey } from '../discovery/discovered-host.ts';
import { countedOf, isFleetFresh, seenOf } from './assessment.ts';
import { Capacity } from './capacity.ts';
import { changedGroups, regroupHosts } from './change-groups.ts';
import { goalOf, isBarred, isUnheard, sayNoRoom, sayTrial, sayWhoStaysOut } from './ramp-goal.ts';
import type { RampSettings } from './ramp-settings.ts';
import type { AdmittedHost, HostId, RampState, WantedHost } from './ramp-state.ts';
import { levelWords, type RampWait } from './ramp-words.ts';
import { type Counted, Tally } from './tally.ts';
import { Waits } from './waits.ts';

export type Choice = {
  readonly enter: readonly (readonly [HostId, WantedHost])[];
  readonly leave: readonly HostId[];
  /** Stay, and change what decides in which subset they are. */
  readonly regroup: readonly (readonly [HostId, WantedHost])[];
  /** Of the hosts after the change. */
  readonly arithmetic: string;
  readonly waiting: readonly RampWait[];
  /** When to look again although nothing happens. */
  readonly wakeAtMs: number | undefined;
};

type Candidate = { readonly id: HostId; readonly one: WantedHost; readonly counted: Counted };

/** The next set, as far from the one that is served as is safe. Changes nothing. */
export function chooseAdmitted(state: RampState, settings: RampSettings, atMs: number): Choice {
  return new Chooser(state, settings, atMs).choose();
}

class Chooser {
  readonly #state: RampState;
  readonly #settings: RampSettings;
  readonly #atMs: number;
  readonly #tally: Tally;
  readonly #counted: ReadonlyMap<HostId, Counted>;
  readonly #priorities: readonly number[];
  /** What is wanted and may be served. */
  readonly #goal: ReadonlyMap<HostId, WantedHost>;
  /** Addresses of the goal. */
  readonly #elsewhere: ReadonlySet<string>;
  readonly #waits = new Waits();

  constructor(state: RampState, settings: RampSettings, atMs: number) {
    this.#state = state;
    this.#settings = settings;
    this.#atMs = atMs;
    const all = [...state.admitted.values(), ...(state.wanted?.values() ?? [])];
    this.#priorities = [...new Set(all.map(({ priority }) => priority))].sort((a, b) => a - b);
    this.#counted = new Map([...state.admitted].map(([id, one]) => [id, countedOf(state, settings, id, one, atMs)]));
    this.#tally = new Tally(
      {
        rule: settings.rule,
        fleet: state.evidence.fleet,
        fleetIsFresh: isFleetFresh(state, settings, atMs),
        bases: [...state.bases.map(({ ids }) => ids), new Set(state.admitted.keys())],
        priorities: this.#priorities,
      },
      this.#counted.values(),
    );
    this.#goal = goalOf(state);
    this.#elsewhere = new Set([...this.#goal.values()].map(({ host }) => hostKey(host)));
  }

  choose(): Choice {
    const { admitted, wanted, order } = this.#state;
    if (order.kind === 'held') {
      this.#waits.say('held', [], `held by ${order.by}`);
      return this.#done([], []);
    }
    // Whoever has not said what is wanted has not said that nothing is.
    if (!wanted) return this.#done([], []);
    const leaving = [...admitted.keys()].filter((id) => !this.#goal.has(id) && this.#isGone(id));
    if (order.kind === 'hurried' || !this.#settings.healthChecked) return this.#atOnce(leaving);
    if (isUnheard(this.#state, this.#settings, this.#atMs, this.#waits)) return this.#done([], []);
    const swaps = this.#swap(leaving);
    const gone = [...leaving.filter((id) => !swaps.leave.includes(id)), ...this.#failing()];
    const left = [...swaps.leave, ...this.#remove(gone)];
    const staying = new Map([...this.#counted].filter(([id]) => !left.includes(id)));
    const regrouped = regroupHosts(this.#goal, staying, this.#settings, this.#tally, this.#waits);
    const entered = [...swaps.enter, ...this.#add(swaps.addresses)];
    return this.#done(
      entered.map(({ id, one }) => [id, one] as const),
      left,
      regrouped,
    );
  }

  /** Missing at its source for long enough, or in maintenance, or elsewhere. */
  #isGone(id: HostId): boolean {
    const since = this.#state.absentSince.get(id);
    if (since === undefined || this.#elsewhere.has(hostKey(this.#admittedOf(id).host))) return true;
    const until = since + this.#settings.absentForMs;
    if (until <= this.#atMs || this.#state.order.kind === 'hurried') return true;
    this.#waits.wake(until);
    this.#waits.say('just-gone', [id], 'missing at the source, and believed only when it stays so');
    return false;
  }

  #atOnce(leaving: readonly HostId[]): Choice {
    const enter = [...this.#goal].filter(([id, { host }]) => !this.#state.admitted.has(id) && !this.#isDown(id, host));
    for (const [id, one] of enter) this.#tally.add(countedOf(this.#state, this.#settings, id, one, this.#atMs));
    for (const id of leaving) this.#tally.remove(this.#countedOf(id));
    const regroup = changedGroups(this.#goal, this.#counted, this.#settings).map(({ id, one }) => [id, one] as const);
    sayWhoStaysOut(this.#state, this.#waits);
    return this.#done(enter, leaving, regroup);
  }

  /** A host under the same address in another priority or locality: Envoy can have only one of the two, so they change places. */
  #swap(leaving: readonly HostId[]) {
    const goes = new Map(leaving.map((id) => [hostKey(this.#admittedOf(id).host), id]));
    const enter: Candidate[] = [];
    const leave: HostId[] = [];
    const stuck: HostId[] = [];
    const addresses = new Set<string>();
    const onTrial = this.#onTrial().length > 0;
    for (const [id, one] of this.#goal) {
      const old = goes.get(hostKey(one.host));
      if (old === undefined || this.#state.admitted.has(id)) continue;
      addresses.add(hostKey(one.host));
      const counted = countedOf(this.#state, this.#settings, id, one, this.#atMs);
      this.#tally.remove(this.#countedOf(old));
      this.#tally.add(counted);
      if (!onTrial && !counted.down && this.#tally.isSafe()) {
        enter.push({ id, one, counted });
        leave.push(old);
        continue;
      }
      this.#tally.remove(counted);
      this.#tally.add(this.#countedOf(old));
      stuck.push(id);
    }
    if (stuck.length > 0 && !onTrial)
      this.#waits.say('no-room', stuck, 'they change their priority or locality, which makes them new hosts to Envoy');
    return { enter, leave, addresses };
  }

  /**
   * As many as can go at once: those that are seen unhealthy first, and healthy ones only while as many stay as are wanted. Taken
   * together: without three hosts that nobody sees healthy the rest may be safe, and without one of them not yet.
   */
  #remove(leaving: readonly HostId[]): readonly HostId[] {
    const rank = (id: HostId): number => (this.#countedOf(id).down ? 0 : this.#countedOf(id).sure ? 2 : 1);
    // A wanted host that is seen to fail is not waited for.
    const hoped = [...this.#goal].filter(([id, { host }]) => !this.#isDown(id, host)).map(([, one]) => one);
    const capacity = new Capacity(this.#counted.values(), hoped);
    const last = leaving.filter((id) => this.#goal.size === 0 && !this.#countedOf(id).down);
    if (last.length > 0)
      this.#waits.say('last-hosts', last, 'nothing is there to take their place; hurry to remove them');
    const going: Counted[] = [];
    const needed: HostId[] = [];
    let safe = 0;
    for (const id of leaving.filter((one) => !last.includes(one)).toSorted((a, b) => rank(a) - rank(b))) {
      const host = this.#countedOf(id);
      // Nothing is left of a cluster only where nothing is wanted of it.
      const empties = this.#tally.size === 1 && this.#goal.size > 0;
      if (empties || !capacity.canSpare(host)) {
        needed.push(id);
        continue;
      }
      capacity.leave(host);
      this.#tally.remove(host);
      going.push(host);
      if (this.#tally.isSafe() || going.every((one) => this.#helpsToGo(one))) safe = going.length;
    }
    for (const host of going.splice(safe)) {
      this.#tally.add(host);
      needed.push(host.id);
    }
    if (needed.length > 0) this.#waits.say('needed', needed, 'they stay until enough others are seen healthy');
    return going.map(({ id }) => id);
  }

  /** Where hosts panic already, without those that everybody sees unhealthy there is a larger share of healthy ones. */
  #helpsToGo(host: Counted): boolean {
    const { fleet } = this.#state.evidence;
    return host.down && this.#tally.isInDistress(host) && (fleet.kind === 'silent' || fleet.unhealthyLeast > 0);
  }

  /** New hosts that stay unhealthy go again, wanted or not. */
  #failing(): readonly HostId[] {
    const failing = [...this.#state.admitted].filter(
      ([id, { established, host }]) => !established && this.#goal.has(id) && this.#isDown(id, host),
    );
    const until = (one: AdmittedHost): number => one.enteredAtMs + this.#settings.patienceMs;
    for (const [, one] of failing) if (until(one) > this.#atMs) this.#waits.wake(until(one));
    return failing.filter(([, one]) => until(one) <= this.#atMs).map(([id]) => id);
  }

  #add(taken: ReadonlySet<string>): readonly Candidate[] {
    const served = new Set([...this.#state.admitted.values()].map(({ host }) => hostKey(host)));
    sayWhoStaysOut(this.#state, this.#waits);
    const candidates = [...this.#goal]
      .filter(([id, { host }]) => !this.#state.admitted.has(id) && !taken.has(hostKey(host)))
      .filter(
        ([id, { host }]) =>
          !served.has(hostKey(host)) && !this.#isDown(id, host) && !isBarred(this.#state, id, this.#atMs, this.#waits),
      )
      .map(
        ([id, one]): Candidate => ({ id, one, counted: countedOf(this.#state, this.#settings, id, one, this.#atMs) }),
      );
    if (candidates.length === 0) return [];
    const onTrial = this.#onTrial();
    if (onTrial.length > 0) sayTrial(this.#state, this.#settings, onTrial, this.#words(), this.#waits);
    // Where everything panics there is nothing to wait for.
    const free = candidates.filter(({ counted }) => onTrial.length === 0 || this.#tally.isInDistress(counted));
    const ready = this.#lookedAt(free);
    const entered = this.#fillCautiously(ready);
    if (ready.length > 0 && entered.length === 0) {
      const isBlind = [...this.#counted.values()].every(({ sure, down }) => !sure && !down);
      sayNoRoom(this.#state, ready, isBlind, this.#words(), this.#waits);
    }
    return entered;
  }

  /** With as much to spare as leaves a step of one host or more. */
  #fillCautiously(candidates: readonly Candidate[]): readonly Candidate[] {
    const { spareHosts, ejectablePercent } = this.#settings;
    const ejectable = (): number => Math.ceil((this.#tally.size * ejectablePercent) / 100);
    for (const spare of [() => Math.max(spareHosts, ejectable()), () => spareHosts, () => 0]) {
      const entered = this.#fill(candidates, spare);
      if (entered.length > 0) return entered;
    }
    return [];
  }

  #fill(candidates: readonly Candidate[], spare: () => number): readonly Candidate[] {
    const entered: Candidate[] = [];
    for (const candidate of candidates) {
      const { counted } = candidate;
      if (this.#tally.isInDistress(counted) && !this.#mayEnterInDistress(candidate)) continue;
      this.#tally.add(counted);
      if (this.#tally.isSafe(spare())) entered.push(candidate);
      else this.#tally.remove(counted);
    }
    return entered;
  }

  /** What panics sends to every host: only those that are seen healthy help, and any host where nothing else is healthy. */
  #mayEnterInDistress({ id, one, counted }: Candidate): boolean {
    if (seenOf(this.#state, id, one.host) === 'healthy') return true;
    const nothingHealthy = this.#tally.levels().every(({ least, most }) => least === 0 && most === 0);
    return this.#state.admitted.size === 0 || (nothingHealthy && !counted.down);
  }

  /**
   * All of them once each was looked at, or was not for long enough: one host alone would get what all of them can carry. Where there
   * are hosts that do nothing but fail, those that are seen healthy need not wait.
   */
  #lookedAt(candidates: readonly Candidate[]): readonly Candidate[] {
    const isUnseen = ({ id, one }: Candidate): boolean => seenOf(this.#state, id, one.host) === 'unseen';
    const until = ({ one }: Candidate): number => one.sinceMs + this.#settings.lookFirstMs;
    const early = candidates.filter((candidate) => isUnseen(candidate) && until(candidate) > this.#atMs);
    if (early.length === 0) return candidates;
    this.#waits.wake(Math.min(...early.map(until)));
    const ids = early.map(({ id }) => id);
    this.#waits.say('not-looked-at', ids, 'nobody has looked at their health yet');
    if (this.#state.admitted.size === 0) return [];
    return candidates.filter((one) => !isUnseen(one) && this.#tally.isInDistress(one.counted));
  }

  #isDown(id: HostId, host: WantedHost['host']): boolean {
    return seenOf(this.#state, id, host) === 'unhealthy';
  }

  /** The next step waits for them. Those that go again are nobody's hope, and those of before a restart were a step long ago. */
  #onTrial(): readonly HostId[] {
    return [...this.#state.admitted]
      .filter(([id, { confirmed, established }]) => !confirmed && !established && this.#goal.has(id))
      .map(([id]) => id);
  }

  #words(): string {
    return levelWords(this.#tally.levels(), this.#priorities, this.#settings.rule);
  }

  #admittedOf(id: HostId): AdmittedHost {
    const found = this.#state.admitted.get(id);
    if (!found) throw new RangeError(`${id} is not served`);
    return found;
  }

  #countedOf(id: HostId): Counted {
    const found = this.#counted.get(id);
    if (!found) throw new RangeError(`${id} is not served`);
    return found;
  }

  #done(enter: Choice['enter'], leave: readonly HostId[], regroup: Choice['regroup'] = []): Choice {
    return {
      enter,
      leave,
      regroup,
      arithmetic: this.#words(),
      waiting: this.#waits.found,
      wakeAtMs: this.#waits.wakeAtMs,
    };
  }
}

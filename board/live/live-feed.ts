import { setTimeout as sleep } from 'node:timers/promises';
import { verificationsMark } from '../../pipeline/engine/verification/list-verifications.ts';
import { keepLast } from '../../pipeline/keep-last.ts';
import type { PipelineStore } from '../../pipeline/store/pipeline-store.ts';
import type { StageName } from '../../render/ids.ts';
import type { Change } from '../api/types/events.ts';
import { Pending, type Told } from './pending.ts';
import type { Position } from './positions.ts';
import { auditChanges, fleetMarks, headOf, progressChanges } from './read-changes.ts';

/** The store is looked at this often while anybody listens, however many they are. */
const LOOK_EVERY_MS = 500;
const FLEET_EVERY_MS = 2_000;
/** Who missed more rows than that fetches everything anew, which is less work. */
const MOST_BEHIND = 2_000;
/** Promotions whose line of progress is remembered. */
const MOST_LINES = 1_000;

/** One who listens. */
export interface Listener extends Disposable {
  /** Where the store was when they came: what a page fetches from now on is as new, or newer. */
  readonly position: Position;
  /** What happened since; undefined: nothing within `waitMs`. Rejects when `signal` is aborted. */
  next(waitMs: number, signal: AbortSignal): Promise<Told | undefined>;
}

export interface LiveFeed extends AsyncDisposable {
  readonly listeners: number;
  /** `after`: what they heard last; absent: they begin now. Rejects when the store is gone. */
  listen(after: Position | undefined): Promise<Listener>;
}

/** What happens in a store, told to all who listen by one look at it. `onFault`: a look that failed; the next one is made all the same. */
export function liveFeed(store: Pick<PipelineStore, 'sql' | 'read'>, onFault: (fault: unknown) => void): LiveFeed {
  const waiting = new Map<Pending, () => void>();
  const ended = new AbortController();
  let position: Position | undefined;
  let marks: ReadonlyMap<StageName, string> | undefined;
  let provedMark: string | undefined;
  let fleetAtMs = Number.NEGATIVE_INFINITY;
  /** The line of progress of each promotion, as it was told last: lines are read more than once. */
  const lines = new Map<string, string>();
  let looking: Promise<void> | undefined;

  const tell = (changes: readonly Change[], at: Position): void => {
    if (changes.length === 0) return;
    for (const [pending, wake] of waiting) {
      pending.add(changes, at);
      wake();
    }
  };

  async function look(): Promise<void> {
    const head = await headOf(store);
    const from = position ?? head;
    const isOther = head.audit < from.audit;
    if (isOther || head.audit - from.audit > MOST_BEHIND) {
      for (const [pending, wake] of waiting) {
        pending.reset(head);
        wake();
      }
    } else {
      const changes = [
        ...(await auditChanges(store, from.audit, head.audit)),
        ...(await progressNews(from.progress, head.progress)),
      ];
      tell(changes, head);
    }
    position = head;
    await lookAtFleet(head);
  }

  async function progressNews(from: number, to: number): Promise<readonly Change[]> {
    if (from === to && lines.size > 0) return [];
    const found = await progressChanges(store, from);
    const news = found.filter((change) => change.kind === 'progress' && lines.get(change.promotion) !== change.line);
    for (const change of found)
      if (change.kind === 'progress') keepLast(lines, change.promotion, change.line, () => lines.size <= MOST_LINES);
    return news;
  }

  /** What is no fact of the audit log: it is told by being another than it was. */
  async function lookAtFleet(at: Position): Promise<void> {
    if (performance.now() - fleetAtMs < FLEET_EVERY_MS) return;
    fleetAtMs = performance.now();
    const [now, proved] = [await fleetMarks(store), await verificationsMark(store)];
    const [before, provedBefore] = [marks, provedMark];
    marks = now;
    provedMark = proved;
    if (!before) return;
    if (proved !== provedBefore) tell([{ kind: 'verifications' }], at);
    const stages = new Set([...now.keys(), ...before.keys()]);
    const changed = [...stages].filter((stage) => now.get(stage) !== before.get(stage));
    tell(
      changed.map((stage) => ({ kind: 'fleet', stage })),
      at,
    );
  }

  async function run(): Promise<void> {
    while (waiting.size > 0 && !ended.signal.aborted) {
      await look().catch(onFault);
      await sleep(LOOK_EVERY_MS, undefined, { signal: ended.signal }).catch(() => undefined);
    }
    looking = undefined;
    // Who comes next begins from where the store is then.
    position = undefined;
    marks = undefined;
    fleetAtMs = Number.NEGATIVE_INFINITY;
  }

  return {
    get listeners() {
      return waiting.size;
    },
    async listen(after) {
      ended.signal.throwIfAborted();
      const head = await headOf(store);
      position ??= head;
      // The feed tells of what comes after `position`; what is before it, this one is told here.
      const upTo = position;
      const pending = new Pending(upTo);
      let wake = (): void => {};
      waiting.set(pending, () => wake());
      looking ??= run();
      try {
        await catchUp(pending, after, upTo);
      } catch (fault) {
        waiting.delete(pending);
        throw fault;
      }
      return {
        position: upTo,
        async next(waitMs, signal) {
          signal.throwIfAborted();
          if (pending.isEmpty)
            await new Promise<void>((resolve) => {
              const done = (): void => {
                clearTimeout(timer);
                signal.removeEventListener('abort', done);
                ended.signal.removeEventListener('abort', done);
                wake = () => {};
                resolve();
              };
              const timer = setTimeout(done, waitMs);
              signal.addEventListener('abort', done, { once: true });
              ended.signal.addEventListener('abort', done, { once: true });
              wake = done;
            });
          signal.throwIfAborted();
          ended.signal.throwIfAborted();
          return pending.isEmpty ? undefined : pending.take();
        },
        [Symbol.dispose]() {
          waiting.delete(pending);
        },
      };
    },
    async [Symbol.asyncDispose]() {
      ended.abort(new Error('the board ends'));
      await looking;
    },
  };

  async function catchUp(pending: Pending, after: Position | undefined, upTo: Position): Promise<void> {
    if (after === undefined) return;
    // Somebody who heard more than there is heard it of another store.
    if (after.audit > upTo.audit || upTo.audit - after.audit > MOST_BEHIND) return pending.reset(upTo);
    const stages = [...(await fleetMarks(store)).keys()];
    pending.add(
      [
        ...(await auditChanges(store, after.audit, upTo.audit)),
        ...(await progressChanges(store, after.progress)),
        // Nobody keeps what the fleet and the verifications were like when.
        { kind: 'verifications' },
        ...stages.map((stage): Change => ({ kind: 'fleet', stage })),
      ],
      upTo,
    );
  }
}

import type { RampClock } from '../../controlplane/ramp/ramp-clock.ts';
import type { FleetSeen } from '../../controlplane/ramp/ramp-input.ts';
import type { PeerView, RampPeers } from '../../controlplane/ramp/ramp-peers.ts';
import type { FleetStore } from './store-fleet-sink.ts';

export type StoreRampPeersOptions = {
  readonly store: FleetStore;
  readonly stage: string;
  /** Of this control plane. */
  readonly id: string;
  readonly clock: RampClock;
  /** The store does not answer, or (undefined) does again. */
  readonly onProblem: (problem: string | undefined) => void;
};

/** How soon one control plane knows what another says. */
const EVERY_MS = 1_000;
/** How old what is said may get while only the age of readings changes. */
const REFRESH_MS = 2_000;
/** A control plane that says nothing for so long is gone, and its Envoys are with others. */
const ALIVE_MS = 20_000;

/** As it is stored: ages in place of times, as clocks differ. */
type ToldView = Omit<PeerView, 'fleet'> & { readonly fleet: FleetSeen; readonly ageMs: number };
type Told = { readonly told: string; readonly atMs: number; readonly views: Readonly<Record<string, ToldView>> };

/**
 * What control planes of one stage tell each other of their ramps, through the store. While that is gone nothing is heard; no step is made
 * then either, as none can be kept.
 */
export class StoreRampPeers implements RampPeers, AsyncDisposable {
  readonly #options: StoreRampPeersOptions;
  readonly #own = new Map<string, PeerView>();
  readonly #followers = new Map<string, () => void>();
  #others: ReadonlyMap<string, Told> = new Map();
  #writtenAtMs = Number.NEGATIVE_INFINITY;
  #heard: Promise<void> | undefined;
  #isDue = false;
  #isFailing = false;
  #cancel: () => void = () => {};
  #running: Promise<void> = Promise.resolve();
  #ended = false;

  constructor(options: StoreRampPeersOptions) {
    this.#options = options;
    this.#next();
  }

  tell(cluster: string, view: PeerView | undefined): void {
    const before = this.#own.get(cluster);
    if (view) this.#own.set(cluster, view);
    else this.#own.delete(cluster);
    this.#isDue ||= timeless(before) !== timeless(view);
  }

  of(cluster: string): readonly PeerView[] {
    return [...this.#others.values()].flatMap(({ atMs, views }) => {
      const told = Object.hasOwn(views, cluster) ? views[cluster] : undefined;
      if (!told) return [];
      const { ageMs, fleet, ...view } = told;
      return [{ ...view, fleet: fleet.kind === 'seen' ? { ...fleet, oldestAtMs: atMs - ageMs } : fleet }];
    });
  }

  follow(cluster: string, changed: () => void): () => void {
    this.#followers.set(cluster, changed);
    return () => {
      if (this.#followers.get(cluster) === changed) this.#followers.delete(cluster);
    };
  }

  /** Resolves when the others were heard once: before, nobody knows what their Envoys have. Rejects when the store is gone. */
  heard(): Promise<void> {
    this.#heard ??= this.#read().catch((error: unknown) => {
      this.#heard = undefined;
      throw error;
    });
    return this.#heard;
  }

  /** Says what there is to say, and hears the others. Never rejects. */
  async exchange(): Promise<void> {
    const { onProblem } = this.#options;
    try {
      await this.#write();
      await this.#read();
      if (this.#isFailing) onProblem(undefined);
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing) onProblem(error instanceof Error ? error.message : String(error));
      this.#isFailing = true;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended = true;
    this.#cancel();
    await this.#running;
    // The others need not wait for it to be gone.
    const { store, stage, id } = this.#options;
    await store
      .sql('DELETE FROM meshgate.ramp_view WHERE stage = $1 AND control_plane = $2', [stage, id])
      .catch(() => {});
  }

  #next(): void {
    if (this.#ended) return;
    this.#cancel = this.#options.clock.after(EVERY_MS, () => {
      this.#running = this.exchange().finally(() => this.#next());
    });
  }

  async #write(): Promise<void> {
    const { store, stage, id, clock } = this.#options;
    const atMs = clock.nowEpochMs();
    if (!this.#isDue && atMs - this.#writtenAtMs < REFRESH_MS) return;
    this.#isDue = false;
    const views = Object.fromEntries([...this.#own].map(([cluster, view]) => [cluster, toldOf(view, atMs)]));
    try {
      await store.sql(WRITE, [stage, id, JSON.stringify(views)]);
    } catch (error) {
      this.#isDue = true;
      throw error;
    }
    this.#writtenAtMs = atMs;
  }

  async #read(): Promise<void> {
    const { store, stage, id, clock } = this.#options;
    // Before it is asked, so that nothing seems newer than it is.
    const askedAtMs = clock.nowEpochMs();
    const known = Object.fromEntries([...this.#others].map(([other, { told }]) => [other, told]));
    const rows = await store.sql<Row>(READ, [stage, id, ALIVE_MS / 1_000, JSON.stringify(known)]);
    const before = this.#others;
    this.#others = new Map(
      rows.flatMap(({ control_plane: other, told, age_ms, views }) => {
        const kept = before.get(other);
        const heard = views === null ? kept : { told, atMs: askedAtMs - age_ms, views: JSON.parse(views) };
        return heard ? [[other, heard] as const] : [];
      }),
    );
    const isNews = ([other, heard]: readonly [string, Told]): boolean => before.get(other) !== heard;
    const gone = [...before].filter(([other]) => !this.#others.has(other));
    const clusters = new Set(
      [...[...this.#others].filter(isNews), ...gone].flatMap(([other, { views }]) => [
        ...Object.keys(views),
        ...Object.keys(before.get(other)?.views ?? {}),
      ]),
    );
    for (const cluster of clusters) this.#followers.get(cluster)?.();
  }
}

type Row = {
  readonly control_plane: string;
  readonly told: string;
  readonly age_ms: number;
  /** Null: as it was. */
  readonly views: string | null;
};

const toldOf = ({ fleet, ...view }: PeerView, atMs: number): ToldView => ({
  ...view,
  fleet: fleet.kind === 'seen' ? { ...fleet, oldestAtMs: 0 } : fleet,
  // Nothing was seen: as old as can be said.
  ageMs: fleet.kind === 'seen' ? Math.min(Number.MAX_SAFE_INTEGER, Math.max(0, atMs - fleet.oldestAtMs)) : 0,
});

const timeless = (view: PeerView | undefined): string =>
  JSON.stringify(
    view && { ...view, fleet: view.fleet.kind === 'seen' ? { ...view.fleet, oldestAtMs: 0 } : view.fleet },
  );

const WRITE = `
  INSERT INTO meshgate.ramp_view (stage, control_plane, views, told) VALUES ($1, $2, $3::text::jsonb, clock_timestamp())
  ON CONFLICT (stage, control_plane) DO UPDATE SET views = excluded.views, told = excluded.told`;

const READ = `
  SELECT control_plane, told::text AS told, (extract(epoch FROM clock_timestamp() - told) * 1000)::float8 AS age_ms,
    CASE WHEN $4::text::jsonb ->> control_plane = told::text THEN NULL ELSE views::text END AS views
  FROM meshgate.ramp_view
  WHERE stage = $1 AND control_plane <> $2 AND told > clock_timestamp() - $3::float8 * interval '1 second'`;

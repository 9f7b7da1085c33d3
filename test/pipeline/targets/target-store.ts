import type { OpenTargetOptions } from '../../../pipeline/targets/open-target.ts';
import type { StageTarget } from '../../../render/config/mesh-config.ts';

/** Where a test's deliveries go: fresh and empty, in a real store. All of it crosses to other processes as JSON. */
export type Place = { readonly target: StageTarget; readonly options: OpenTargetOptions };

/** A real store, and what other people do to it behind our back. */
export type Store = {
  place(): Promise<Place>;
  /** Other hands: takes the manifest away, without a trace of ours. */
  removeManifest(place: Place): Promise<void>;
  /** Other hands: puts this text in for `clusters.json` and leaves the manifest as it is. */
  editClusters(place: Place, edit: (text: string) => string): Promise<void>;
  /** The store cannot be reached until `bringBack`. */
  takeAway(place: Place): Promise<void>;
  bringBack(place: Place): Promise<void>;
  /** Must be in no error and no name. */
  readonly secrets: readonly string[];
  /** Places with names that are traps; each must work, or be refused in words. */
  hostilePlaces(): Promise<readonly Place[]>;
};

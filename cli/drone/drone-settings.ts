/** What `mesh.yaml` cannot say of how a Drone server runs its pipelines. */
export type DroneSettings = {
  /** Image of every step; needs Node ≥ 20, npm, Python 3 and git. */
  readonly image: string;
  /** Commands that give the image what it lacks, before the others. */
  readonly setup: readonly string[];
  /** How many builds may run one pipeline at a time. */
  readonly concurrency: number;
  /** The mesh config, relative to the repository. */
  readonly configDir: string;
  /**
   * A directory of the runner's host that all pipelines share for Envoys and verdicts, so that the last pipeline gathers instead of running again. Drone
   * allows it to trusted repositories only (https://docs.drone.io/pipeline/docker/syntax/volumes/host/); absent by default.
   */
  readonly cacheHostPath?: string;
};

export const DEFAULT_DRONE_SETTINGS: DroneSettings = {
  image: 'node:24-bookworm',
  setup: ['apt-get update', 'apt-get install --yes --no-install-recommends python3-pip'],
  concurrency: 2,
  configDir: 'config',
};

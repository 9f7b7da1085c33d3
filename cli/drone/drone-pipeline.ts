/** The part of Drone's docker pipelines that is used here: https://docs.drone.io/yaml/docker/ */
export type DronePipeline = {
  readonly kind: 'pipeline';
  readonly type: 'docker';
  readonly name: string;
  readonly concurrency?: { readonly limit: number };
  readonly steps: readonly DroneStep[];
  readonly volumes?: readonly { readonly name: string; readonly host: { readonly path: string } }[];
  readonly trigger: {
    readonly event: readonly string[] | { readonly exclude: readonly string[] };
    readonly status?: readonly string[];
  };
  readonly depends_on?: readonly string[];
};
export type DroneStep = {
  readonly name: string;
  readonly image: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly commands: readonly string[];
  readonly volumes?: readonly { readonly name: string; readonly path: string }[];
  readonly when?: { readonly status: readonly string[] };
};

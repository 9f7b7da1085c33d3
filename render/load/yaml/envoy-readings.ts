import { isJsonObject, type JsonObject, type JsonScalar, type JsonValue } from '../../json.ts';
import { placeOf, setPlace } from '../../places.ts';
import { envoyScalar } from './envoy-scalar.ts';

const MAY_BE_BOOLEAN = /^(?:[yY]|[yY]es|YES|[nN]|[nN]o|NO|[oO]n|ON|[oO]ff|OFF)$/;
const SMALL = /^(?:0|[1-9]\d{0,8})$/;

/**
 * Where in one file Envoy reads a scalar otherwise than YAML 1.2 has it. `mesh.yaml`, values, parameters of templates and checks are YAML 1.2;
 * resources and the bootstrap are what Envoy would make of the same text, so those who take them apply the readings.
 */
export class EnvoyReadings {
  readonly #byContainer = new Map<object, Map<string, JsonScalar>>();

  /** `read` is what YAML 1.2 makes of the plain scalar `text`, which is `container[key]`. */
  plain(container: object, key: string, text: string, read: JsonScalar): void {
    // nearly all scalars are words and small numbers
    if (read === text ? text.charCodeAt(0) >= 0x40 && !MAY_BE_BOOLEAN.test(text) : SMALL.test(text)) return;
    const envoys = envoyScalar(text);
    if (!Object.is(envoys, read)) this.put(container, key, envoys);
  }

  put(container: object, key: string, reading: JsonScalar): void {
    const known = this.#byContainer.get(container);
    if (known) known.set(key, reading);
    else this.#byContainer.set(container, new Map([[key, reading]]));
  }

  /** The reading of a member that a merge (`<<`) copies. */
  carry(from: object, key: string, to: object): void {
    const reading = this.#byContainer.get(from)?.get(key);
    if (reading !== undefined) this.put(to, key, reading);
  }

  /** `value` as Envoy reads it: itself where nothing in it differs, else a copy with the same places, which shares what does not differ. */
  applyTo<T extends JsonValue>(value: T): T {
    if (this.#byContainer.size === 0) return value;
    return this.#applied(value, new Map()) as T;
  }

  /** Aliases share what they stand for, so each container is done once. */
  #applied(value: JsonValue, done: Map<object, JsonValue>): JsonValue {
    if (typeof value !== 'object' || value === null) return value;
    const known = done.get(value);
    if (known !== undefined) return known;
    const own = this.#byContainer.get(value);
    const result = Array.isArray(value)
      ? this.#list(value, own, done)
      : isJsonObject(value)
        ? this.#mapping(value, own, done)
        : value;
    const place = result === value ? undefined : placeOf(value);
    if (place && typeof result === 'object' && result !== null) setPlace(result, place);
    done.set(value, result);
    return result;
  }

  #list(
    list: JsonValue[],
    own: ReadonlyMap<string, JsonScalar> | undefined,
    done: Map<object, JsonValue>,
  ): JsonValue[] {
    let copy: JsonValue[] | undefined;
    for (const [index, item] of list.entries()) {
      const reading = own?.get(String(index));
      const applied = reading === undefined ? this.#applied(item, done) : reading;
      if (Object.is(applied, item)) continue;
      copy ??= [...list];
      copy[index] = applied;
    }
    return copy ?? list;
  }

  #mapping(
    mapping: JsonObject,
    own: ReadonlyMap<string, JsonScalar> | undefined,
    done: Map<object, JsonValue>,
  ): JsonObject {
    let copy: JsonObject | undefined;
    for (const key of Object.keys(mapping)) {
      const item = mapping[key] ?? null;
      const reading = own?.get(key);
      const applied = reading === undefined ? this.#applied(item, done) : reading;
      if (Object.is(applied, item)) continue;
      copy ??= { ...mapping };
      copy[key] = applied;
    }
    return copy ?? mapping;
  }
}

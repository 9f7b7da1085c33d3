/** Puts `value` into `kept` as what was used last, and lets go of what was used longest ago until `fits` says that the rest may stay. */
export function keepLast<Key, Value>(kept: Map<Key, Value>, key: Key, value: Value, fits: () => boolean): void {
  kept.delete(key);
  kept.set(key, value);
  for (const oldest of kept.keys()) {
    if (fits()) return;
    kept.delete(oldest);
  }
}

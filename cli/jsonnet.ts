import type { JsonnetEvaluator } from '../render/load/jsonnet/jsonnet-evaluator.ts';
import { hasJsonnetProgram, jsonnetProgram } from '../render/load/jsonnet/jsonnet-program.ts';
import { jsonnetWheel } from '../render/load/jsonnet/jsonnet-wheel.ts';
import { cacheDirOf } from '../render/wheels/cache-dir.ts';
import pins from '../render/wheels/jsonnet-pins.json' with { type: 'json' };
import { fetchWheel } from '../render/wheels/wheel-cache.ts';
import { WheelError } from '../render/wheels/wheel-error.ts';
import type { CommandContext } from './program.ts';

/** The `jsonnet` on the PATH, else PyPI's wheel from the cache; looked for when the first Jsonnet file is met, not before. */
export function jsonnetOf({ env, cwd, stderr, signal }: CommandContext): JsonnetEvaluator {
  const choose = async (): Promise<JsonnetEvaluator> => {
    if (await hasJsonnetProgram('jsonnet', cwd, signal)) return jsonnetProgram({ program: 'jsonnet' });
    const version = Object.keys(pins).at(-1) ?? '';
    const onProgress = (line: string): void => void stderr.write(`mesh: ${line}\n`);
    try {
      const wheelDir = await fetchWheel({
        project: 'jsonnet',
        version,
        pins,
        cacheDir: cacheDirOf(env),
        onProgress,
        signal,
      });
      return jsonnetWheel({ wheelDir });
    } catch (error) {
      if (!(error instanceof WheelError)) throw error;
      const message = `no jsonnet on the PATH, and its wheel is not to be had: ${error.message}`;
      return async () => ({ kind: 'failed', cause: 'error', message });
    }
  };
  let chosen: Promise<JsonnetEvaluator> | undefined;
  return async (file, options) => {
    chosen ??= choose();
    return (await chosen)(file, options);
  };
}

import type { JsonnetEvaluator } from '../render/load/jsonnet/jsonnet-evaluator.ts';
import { hasJsonnetProgram, jsonnetProgram } from '../render/load/jsonnet/jsonnet-program.ts';
import { jsonnetWheel } from '../render/load/jsonnet/jsonnet-wheel.ts';
import { cacheDirOf } from '../render/wheels/cache-dir.ts';
import pins from '../render/wheels/jsonnet-pins.json' with { type: 'json' };
import { fetchWheel } from '../render/wheels/wheel-cache.ts';
import { WheelError } from '../render/wheels/wheel-error.ts';
import type { CommandContext } from './command-context.ts';

/** The `jsonnet` on the PATH, else PyPI's wheel from the cache. Where neither is to be had, an evaluator that says so for each file. */
export async function chooseJsonnet({ env, cwd, stderr, signal }: CommandContext): Promise<JsonnetEvaluator> {
  if (await hasJsonnetProgram('jsonnet', cwd, signal)) return jsonnetProgram({ program: 'jsonnet' });
  const version = Object.keys(pins).at(-1) ?? '';
  const cacheDir = cacheDirOf(env);
  const onProgress = (line: string): void =>
    void stderr.write(`mesh: ${line}
`);
  try {
    const wheelDir = await fetchWheel({ project: 'jsonnet', version, pins, cacheDir, onProgress, signal });
    return jsonnetWheel({ wheelDir });
  } catch (error) {
    if (!(error instanceof WheelError)) throw error;
    const message = `no jsonnet on the PATH, and its wheel is not to be had: ${error.message}`;
    return async () => ({ kind: 'failed', cause: 'error', message });
  }
}

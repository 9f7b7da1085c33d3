import type { JsonnetEvaluator } from '../render/load/jsonnet/jsonnet-evaluator.ts';
import type { CommandContext } from './command-context.ts';

/** The `jsonnet` on the PATH, else PyPI's wheel from the cache; looked for when the first Jsonnet file is met, not before. */
export function jsonnetOf(context: CommandContext): JsonnetEvaluator {
  let chosen: Promise<JsonnetEvaluator> | undefined;
  return async (file, options) => {
    chosen ??= import('./choose-jsonnet.ts').then(({ chooseJsonnet }) => chooseJsonnet(context));
    return (await chosen)(file, options);
  };
}

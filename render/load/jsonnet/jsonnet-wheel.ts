import type { ProcessBounds } from './bounded-process.ts';
import type { JsonnetEvaluator } from './jsonnet-evaluator.ts';
import { jsonnetProgram } from './jsonnet-program.ts';

// -I leaves out the user's own Python settings and packages, so the wheel's directory is put on the module path by hand.
const SCRIPT = `
import sys
sys.path.insert(0, sys.argv[1])
import _jsonnet
try:
    result = _jsonnet.evaluate_file(sys.argv[-1])
except RuntimeError as error:
    sys.stderr.write(str(error))
    sys.exit(1)
sys.stdout.buffer.write(result.encode("utf-8"))
`;

export type JsonnetWheel = {
  /** The directory of the unpacked wheel `jsonnet` of PyPI: it holds the module `_jsonnet`. */
  readonly wheelDir: string;
  /** Default `python3`. */
  readonly python?: string;
  readonly bounds?: ProcessBounds;
};

/** PyPI's `jsonnet`, for machines without the program: the same C++ evaluator as a Python module, under the same bounds. */
export function jsonnetWheel({ wheelDir, python = 'python3', bounds }: JsonnetWheel): JsonnetEvaluator {
  return jsonnetProgram({ program: python, args: ['-I', '-c', SCRIPT, wheelDir], ...(bounds ? { bounds } : {}) });
}

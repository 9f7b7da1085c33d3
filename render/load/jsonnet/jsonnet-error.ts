import { posix } from 'node:path';
import type { SourceLocation } from '../../source-location.ts';

const PLACE = /([^\s:()][^:\n\t]*):(?:(\d+):(\d+)(?:-\d+)?|\((\d+):(\d+)\)-\(\d+:\d+\))/;

export type JsonnetError = {
  readonly message: string;
  readonly at?: SourceLocation;
  readonly via: readonly SourceLocation[];
};

/**
 * What a Jsonnet evaluator (the C++ one, the Go one, the Python module: they agree) wrote on standard error: a message, then the
 * places it came by, innermost first. `via` are the places that led there from other files, innermost first.
 */
export function parseJsonnetError(stderr: string, file: string): JsonnetError {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  const [first = 'it gave no reason'] = lines;
  const inMessage =
    /^(?:STATIC ERROR: )?/.test(first) && !first.startsWith('RUNTIME ERROR') ? placeIn(first) : undefined;
  const trace = lines
    .slice(1)
    .filter((line) => /^\s/.test(line))
    .map(placeIn)
    .filter((place) => place !== undefined);
  const [innermost] = trace;
  const at = inMessage ?? innermost;
  const message = first
    .replace(/^(?:STATIC|RUNTIME) ERROR: /, '')
    .replace(inMessage ? PLACE : /^(?!)/, '')
    .replace(/^[:\s]+/, '')
    .slice(0, 300);
  const via = at && at.file !== file ? trace.filter((place) => place.file === file).slice(0, 3) : [];
  return { message, ...(at ? { at } : {}), via };
}

function placeIn(line: string): SourceLocation | undefined {
  const match = PLACE.exec(line);
  if (!match) return undefined;
  const [, file = '', line1, column1, line2, column2] = match;
  return { file: posix.normalize(file.trim()), line: Number(line1 ?? line2), column: Number(column1 ?? column2) };
}

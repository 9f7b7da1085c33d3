/** A place in a file of the mesh config, as people count: line and column start at 1. `file` is relative to the config directory. */
export type SourceLocation = { readonly file: string; readonly line: number; readonly column: number };

export const formatLocation = ({ file, line, column }: SourceLocation): string => `${file}:${line}:${column}`;

/** The text of one file with the start of each of its lines, so that an offset becomes a line and a column only when a person asks. */
export type SourceFile = { readonly path: string; readonly lineStarts: readonly number[] };

export function sourceFile(path: string, text: string): SourceFile {
  const lineStarts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lineStarts.push(at + 1);
  return { path, lineStarts };
}

/** Offsets count UTF-16 code units from 0, as JavaScript strings do. */
export function locationIn(file: SourceFile, offset: number): SourceLocation {
  let low = 0;
  let high = file.lineStarts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((file.lineStarts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return { file: file.path, line: low + 1, column: offset - (file.lineStarts[low] ?? 0) + 1 };
}

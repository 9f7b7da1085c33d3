import type { JsonValue } from '../../json.ts';
import type { SourceFile } from '../../source-location.ts';
export function readPlainYaml(_s: SourceFile, _t: string): JsonValue[] | undefined {
  return undefined;
}

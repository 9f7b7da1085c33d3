import type { SourceLocation } from '../../source-location.ts';

export type JsonnetOptions = {
  /** Absolute path of the config directory: the file's path is relative to it, and imports may not leave it. */
  readonly dir: string;
  readonly signal?: AbortSignal;
};
export type JsonnetResult =
  /** `json`: the text of the manifested value. */
  | { readonly kind: 'ok'; readonly json: string }
  /** `limit`: ended for taking too long, too much memory or giving too much. */
  | {
      readonly kind: 'failed';
      readonly cause: 'error' | 'limit';
      readonly message: string;
      readonly at?: SourceLocation;
      readonly via?: readonly SourceLocation[];
    };

/** Evaluates `file` (relative to `options.dir`). Never rejects for what the file holds; rejects when `signal` is aborted. */
export type JsonnetEvaluator = (file: string, options: JsonnetOptions) => Promise<JsonnetResult>;

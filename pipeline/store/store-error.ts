import type { STORE_RULES } from './rules.ts';

/** The codes of `STORE_RULES`. */
export type StoreErrorCode = (typeof STORE_RULES)[number]['code'];

/** The store cannot be used; the text says why in plain words, and never holds a password. Nothing of the transaction was stored. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly code: StoreErrorCode;
  constructor(code: StoreErrorCode, problem: string, options?: ErrorOptions) {
    super(`${code}: ${problem}`, options);
    this.code = code;
  }
}

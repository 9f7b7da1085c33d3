export type RevisionFault = 'NO_GIT' | 'NOT_A_REPOSITORY' | 'UNKNOWN_REVISION' | 'NO_SUCH_DIRECTORY' | 'GIT_FAILED';

/** A revision of the mesh config is not to be had. The text says what is wrong and what is allowed. */
export class RevisionError extends Error {
  override readonly name = 'RevisionError';
  readonly code: RevisionFault;
  constructor(code: RevisionFault, text: string, options?: ErrorOptions) {
    super(text, options);
    this.code = code;
  }
}

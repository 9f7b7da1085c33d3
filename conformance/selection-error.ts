/** The selection asks for something that there is not, or the live config cannot serve as one. The text says what is allowed. */
export class SelectionError extends Error {
  override readonly name = 'SelectionError';
}

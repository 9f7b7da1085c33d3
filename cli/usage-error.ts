/** The command line asks for something that does not exist: exit code 2, and the text says what is allowed. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

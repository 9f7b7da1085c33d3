/** Characters of a reason where one is needed: it has to say something, and everybody reads it in a thread. The same for every face. */
export const REASON_LENGTH = { least: 3, most: 1_000 } as const;

/** PostgreSQL has no U+0000, and a lone surrogate is no text. */
export const plainText = (text: string): string => text.replaceAll('\0', '\ufffd').toWellFormed();

import { createHash, randomBytes } from 'node:crypto';

/** 256 bits that nobody guesses, as cookies and URLs take them. */
export const newSecret = (): string => randomBytes(32).toString('base64url');

/** What the database keeps in place of a secret. It has so many bits that one plain hash is enough. */
export const hashOfSecret = (secret: string): string => createHash('sha256').update(secret).digest('hex');

/** A cookie of ours, as it must look; anything else is not even looked for. */
export const isSecret = (text: string | undefined): text is string => text !== undefined && /^[\w-]{43}$/.test(text);

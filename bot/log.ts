export type LogLevel = 'info' | 'warn' | 'error';
export type Log = (level: LogLevel, message: string) => void;

// Tokens, the addresses that answers go to (who has one can post), and socket addresses with their tickets.
const SECRETS = [
  /\bx(?:ox[a-z]|app|oxe\.xox[a-z])-[A-Za-z0-9-]+/g,
  /https?:\/\/\S*\/(?:commands|actions|services|response)\/\S+/g,
  /\bwss?:\/\/\S+/g,
  /\bBearer\s+\S+/gi,
];

/** What is logged never holds a secret, whoever's error message it came in. One line. */
export const redact = (message: string): string =>
  SECRETS.reduce((text, secret) => text.replaceAll(secret, '[redacted]'), message).replaceAll(/\s*\n\s*/g, ' ');

export const redacting =
  (log: Log): Log =>
  (level, message) =>
    log(level, redact(message));

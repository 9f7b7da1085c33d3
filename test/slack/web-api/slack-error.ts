import type { JsonObject } from '../model.ts';

/** An answer with `ok: false`. `messages` are shown in `response_metadata`, as Slack does. */
export class SlackError extends Error {
  override readonly name = 'SlackError';
  readonly code: string;
  readonly extra: JsonObject;
  readonly messages: readonly string[];
  constructor(code: string, messages: readonly string[] = [], extra: JsonObject = {}) {
    super(`${code}${messages.length > 0 ? `: ${messages.join('; ')}` : ''}`);
    this.code = code;
    this.messages = messages;
    this.extra = extra;
  }

  toBody(): JsonObject {
    return {
      ok: false,
      error: this.code,
      ...this.extra,
      ...(this.messages.length > 0
        ? {
            errors: this.messages,
            response_metadata: { messages: this.messages.map((message) => `[ERROR] ${message}`) },
          }
        : {}),
    };
  }
}

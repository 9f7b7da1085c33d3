import { isObject, type Json, type JsonObject } from '../model.ts';
import { SlackError } from './slack-error.ts';

/** The arguments of one call, whether they came form-encoded (JSON inside strings) or as JSON. */
export class CallArguments {
  readonly raw: JsonObject;
  constructor(raw: JsonObject) {
    this.raw = raw;
  }

  /** The same call with one argument more. */
  with(name: string, value: string): CallArguments {
    return new CallArguments({ ...this.raw, [name]: value });
  }
  has(name: string): boolean {
    return this.raw[name] !== undefined && this.raw[name] !== null && this.raw[name] !== '';
  }
  text(name: string): string | undefined {
    const value = this.raw[name];
    return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
  }
  /** @throws SlackError `invalid_arguments` when it is not there. */
  required(name: string): string {
    const value = this.text(name);
    if (value === undefined || value === '')
      throw new SlackError('invalid_arguments', [`missing required field: ${name}`]);
    return value;
  }
  flag(name: string): boolean {
    return ['true', '1'].includes(String(this.raw[name]));
  }
  count(name: string, otherwise: number, atMost: number): number {
    const value = Number(this.raw[name] ?? otherwise);
    if (!Number.isInteger(value) || value < 1) throw new SlackError('invalid_limit');
    return Math.min(value, atMost);
  }
  /** A value that a form carries as a JSON string. @throws SlackError `code` when it is no JSON. */
  json(name: string, code: string): Json | undefined {
    if (!this.has(name)) return undefined;
    const value = this.raw[name];
    if (typeof value !== 'string') return value;
    try {
      return JSON.parse(value) as Json;
    } catch {
      throw new SlackError(code);
    }
  }
  object(name: string, code: string): JsonObject | undefined {
    const value = this.json(name, code);
    if (value !== undefined && !isObject(value)) throw new SlackError(code);
    return value;
  }
}

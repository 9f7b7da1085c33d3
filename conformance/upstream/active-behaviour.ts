import { validateHeaderName, validateHeaderValue } from 'node:http';
import type { UpstreamBehaviour } from './stand-in.ts';

/** What one request gets. */
export type Turn = {
  readonly failing: boolean;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  readonly grpcStatus: number;
  readonly delayMs: number;
  readonly reset: UpstreamBehaviour['reset'];
};

const GRPC_UNAVAILABLE = 14;
const GRPC_UNKNOWN = 2;
/** Those that are about one connection or about the length of a body, which the stand-in itself knows. */
const FRAMING_HEADERS = new Set(['connection', 'content-length', 'keep-alive', 'transfer-encoding', 'upgrade']);

/** A behaviour in force: one for all the hosts that were selected together, so that they share its counter. */
export class ActiveBehaviour {
  readonly #failure: Turn;
  readonly #normal: Turn;
  #failuresLeft: number;

  constructor(behaviour: UpstreamBehaviour) {
    refuseImpossible(behaviour);
    const { failFirst, failStatus, delayMs = 0, reset, status = 200, body } = behaviour;
    const headers = Object.fromEntries(
      Object.entries(behaviour.headers ?? {})
        .map(([name, value]) => [name.toLowerCase(), value] as const)
        .filter(([name]) => !FRAMING_HEADERS.has(name)),
    );
    const failsFirst = failFirst !== undefined || failStatus !== undefined;
    const failure = {
      failing: true,
      status: failStatus ?? 503,
      headers,
      body: undefined,
      grpcStatus: GRPC_UNAVAILABLE,
    };
    const grpcStatus = behaviour.grpcStatus ?? (status === 200 ? 0 : GRPC_UNKNOWN);
    this.#failure = { ...failure, delayMs, reset };
    this.#normal = {
      failing: false,
      status,
      headers,
      body,
      grpcStatus,
      delayMs,
      reset: failsFirst ? undefined : reset,
    };
    this.#failuresLeft = failsFirst ? (failFirst ?? Number.POSITIVE_INFINITY) : 0;
  }

  next(): Turn {
    if (this.#failuresLeft === 0) return this.#normal;
    this.#failuresLeft--;
    return this.#failure;
  }
}

function refuseImpossible(behaviour: UpstreamBehaviour): void {
  const { failFirst, failStatus, delayMs, status, grpcStatus, headers } = behaviour;
  whole('failFirst', failFirst, 0, Number.MAX_SAFE_INTEGER);
  whole('failStatus', failStatus, 200, 599);
  whole('status', status, 200, 599);
  whole('delayMs', delayMs, 0, 2 ** 31 - 1);
  whole('grpcStatus', grpcStatus, 0, 2 ** 31 - 1);
  for (const [name, value] of Object.entries(headers ?? {})) {
    try {
      validateHeaderName(name);
      validateHeaderValue(name, value);
    } catch (cause) {
      throw new RangeError(`upstream behaviour: header ${JSON.stringify(name)} cannot be sent`, { cause });
    }
  }
}

function whole(what: string, value: number | undefined, min: number, max: number): void {
  if (value === undefined || (Number.isInteger(value) && value >= min && value <= max)) return;
  throw new RangeError(`upstream behaviour: ${what} is ${value}; it must be a whole number from ${min} to ${max}`);
}

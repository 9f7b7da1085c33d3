import type { RequestSpec } from '../checks/check.ts';
import { grpcFrame } from '../upstream/grpc-frames.ts';

/** A request with everything that its kind implies: what goes on the wire, but for the framing of its protocol. */
export type WireRequest = {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | undefined;
};

export function wireRequest({ method, headers, body, grpc }: RequestSpec): WireRequest {
  if (grpc) {
    return {
      method: 'POST',
      headers: { 'content-type': 'application/grpc', te: 'trailers', ...headers },
      body: grpcFrame(grpc.message),
    };
  }
  return { method, headers, body: body === undefined ? undefined : Buffer.from(body) };
}

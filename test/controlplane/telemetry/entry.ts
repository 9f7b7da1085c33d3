import type { LogEntry } from '../../../controlplane/access-logs/log-entry.ts';
import type { XdsNode } from '../../../controlplane/xds/discovery-messages.ts';

/** A request that was answered 200 within 4 ms. */
export const entry = (more: Partial<LogEntry> = {}): LogEntry => ({
  kind: 'http',
  isIntermediate: false,
  startEpochMs: 1_800_000_000_000,
  durationMs: 4,
  cluster: 'cart',
  route: 'main',
  flags: [],
  attempts: 1,
  code: 200,
  codeDetails: 'via_upstream',
  grpcStatus: undefined,
  bytesSent: 10,
  bytesReceived: 20,
  traceId: undefined,
  spanId: undefined,
  peerUris: [],
  callerHeader: undefined,
  texts: undefined,
  ...more,
});

export const node = (service: string, id = `${service}-1`): XdsNode => ({
  id,
  cluster: service,
  metadata: {},
  version: '1.40.0',
});

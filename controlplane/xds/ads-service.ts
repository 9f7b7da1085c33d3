import type * as grpc from '@grpc/grpc-js';
import { decodeDiscoveryRequest } from './discovery-messages.ts';

/** `envoy.service.discovery.v3.AggregatedDiscoveryService`, as far as it is served. Answers come encoded and are passed on. */
export const ADS_SERVICE = {
  StreamAggregatedResources: {
    path: '/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources',
    requestStream: true,
    responseStream: true,
    requestSerialize: () => Buffer.alloc(0),
    requestDeserialize: decodeDiscoveryRequest,
    responseSerialize: (bytes: Buffer) => bytes,
    responseDeserialize: (bytes: Buffer) => bytes,
  },
} as const satisfies grpc.ServiceDefinition;

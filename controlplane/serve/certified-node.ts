import type { PeerIdentity } from '../grpc/peer-identity.ts';
import type { XdsNode } from '../xds/discovery-messages.ts';

/** What a certificate lets a node be. */
type Certified = { readonly stage: string; readonly service: string };

const WANT = 'a certificate with the URI spiffe://<trust domain>/stage/<stage>/service/<service>';

const certifiedBy = ({ uris }: PeerIdentity): Certified[] =>
  uris.flatMap((uri) => {
    const found = /^spiffe:\/\/[^/]+\/stage\/(?<stage>[^/]+)\/service\/(?<service>[^/]+)$/.exec(uri)?.groups;
    return found?.stage && found.service ? [{ stage: found.stage, service: found.service }] : [];
  });

/** Why a peer may not speak to the control plane of `stage` at all; undefined: it may. */
export function foreignPeer(stage: string, peer: PeerIdentity | undefined): string | undefined {
  const certified = peer ? certifiedBy(peer) : [];
  if (certified.some((one) => one.stage === stage)) return undefined;
  if (certified.length === 0) return `stage ${stage}: want ${WANT}`;
  const stages = [...new Set(certified.map((one) => one.stage))];
  return `the certificate is for stage ${stages.join(', ')}; this is stage ${stage}`;
}

/** What a node says that it is a host of: `service` of its metadata, else its cluster. */
export const serviceOf = ({ metadata, cluster }: XdsNode): string =>
  typeof metadata.service === 'string' ? metadata.service : cluster;

/** Why a node is not what its certificate says; undefined: it is. */
export function uncertifiedNode(stage: string, node: XdsNode, peer: PeerIdentity | undefined): string | undefined {
  const foreign = foreignPeer(stage, peer);
  if (foreign !== undefined || !peer) return foreign;
  const services = certifiedBy(peer).flatMap((one) => (one.stage === stage ? [one.service] : []));
  const service = serviceOf(node);
  return services.includes(service)
    ? undefined
    : `node ${node.id} says that it is of service "${service}"; its certificate is for ${services.join(', ')}`;
}

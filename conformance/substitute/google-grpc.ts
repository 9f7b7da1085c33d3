import type { JsonObject } from '../../render/json.ts';
import { objectAt, textAt } from '../../render/read-json.ts';
import { containersIn } from '../matching/canonical-body.ts';
import type { HostKey } from '../upstream/stand-in.ts';

export type GoogleTarget = { readonly key: HostKey; readonly service: JsonObject };

/** Every `googleGrpc` of the bodies: it does not go through a cluster, so that its stand-in is named by its target. */
export function googleTargetsIn(bodies: readonly JsonObject[]): readonly GoogleTarget[] {
  const targets: GoogleTarget[] = [];
  for (const body of bodies) {
    for (const container of containersIn(body)) {
      const service = objectAt(container, 'googleGrpc');
      const uri = textAt(service, 'targetUri');
      if (!service || !uri) continue;
      targets.push({ key: googleHostKey(uri), service });
    }
  }
  return targets;
}

/** `dns:///collector.example:4317` → host and port; a target without a port has 443, as gRPC does. */
export function googleHostKey(uri: string): HostKey {
  const target = uri.replace(/^(dns|ipv4|ipv6):(\/\/[^/]*\/)?/, '');
  const match = /^\[?([^\]]*?)\]?(?::(\d+))?$/.exec(target);
  return { cluster: `google_grpc ${uri}`, address: match?.[1] || target, port: Number(match?.[2] ?? 443) };
}

import { decodeAs, messageSchema } from '../fleet/message-fields.ts';
import type { XdsNode } from '../xds/discovery-messages.ts';
import { type NodeMatcher, nodeTest } from './node-matcher.ts';

/** What an `envoy.service.status.v3.ClientStatusRequest` asks for. */
export type ClientStatusQuestion = {
  readonly isAsked: (node: XdsNode) => boolean;
  readonly withContents: boolean;
};

/** Undefined for bytes that are no request; throws `BadMatcher` for one that cannot be answered as it is meant. */
export function clientStatusQuestion(bytes: Uint8Array): ClientStatusQuestion | undefined {
  let request: { readonly nodeMatchers: readonly NodeMatcher[]; readonly excludeResourceContents: boolean };
  try {
    request = decodeAs(messageSchema('envoy.service.status.v3.ClientStatusRequest'), bytes);
  } catch {
    return undefined;
  }
  return { isAsked: nodeTest(request.nodeMatchers), withContents: !request.excludeResourceContents };
}

import type { ClientAnswer } from '../../client/client-answer.ts';
import type { ReceivedRequest } from '../../upstream/stand-in.ts';

/** One request of a check: what came back, and what reached stand-ins on its way. */
export type Exchange = {
  readonly id: string;
  readonly answer: ClientAnswer;
  /** Requests that reached hosts, oldest first, copies aside. */
  readonly attempts: readonly ReceivedRequest[];
  /** Copies (shadow traffic) of it. */
  readonly copies: readonly ReceivedRequest[];
};

// Envoy's router gives copies the host `name-shadow`, the port after it, unless `disable_shadow_host_suffix_append`.
// https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/route/v3/route_components.proto (RequestMirrorPolicy)
const SHADOW_AUTHORITY = /-shadow(:\d+)?$/;

/**
 * Tells copies from attempts: by the host that Envoy gives copies, else because they reached a cluster that only copies are
 * expected at.
 */
export function toExchange(
  id: string,
  authority: string,
  answer: ClientAnswer,
  received: readonly ReceivedRequest[],
  onlyCopiesAt: ReadonlySet<string>,
): Exchange {
  const isCopy = ({ authority: asked, host }: ReceivedRequest): boolean =>
    (SHADOW_AUTHORITY.test(asked) && !SHADOW_AUTHORITY.test(authority)) || onlyCopiesAt.has(host.cluster);
  return {
    id,
    answer,
    attempts: received.filter((request) => !isCopy(request)),
    copies: received.filter(isCopy),
  };
}

/** The cluster whose host gave the answer, as far as stand-ins saw it: the last that was tried. */
export const answeringCluster = ({ attempts }: Exchange): string | undefined => attempts.at(-1)?.host.cluster;

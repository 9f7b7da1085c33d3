import type { ConversationEntry } from '../conversation.ts';
import { type DeltaRequest, namesIn, type SotwRequest } from './discovery-requests.ts';
import type { Step } from './step.ts';
import type { RequestMeaning } from './subscription.ts';

export function requestEntry(
  typeUrl: string,
  request: SotwRequest | DeltaRequest,
  meaning: RequestMeaning,
  nodeId: string,
  atMs: number,
): ConversationEntry {
  const { responseNonce, errorDetail } = request;
  const names =
    request.variant === 'sotw'
      ? { resourceNames: namesIn(request.rawNames), versionInfo: request.versionInfo }
      : {
          resourceNames: request.subscribe,
          versionInfo: '',
          ...(request.unsubscribe.length > 0 ? { unsubscribed: request.unsubscribe } : {}),
        };
  const nack = errorDetail === undefined ? {} : { errorDetail };
  return { kind: 'request', atMs, nodeId, typeUrl, ...names, responseNonce, meaning, ...nack };
}

export const responseEntry = (step: Step, nonce: string, nodeId: string, atMs: number): ConversationEntry => ({
  kind: 'response',
  atMs,
  nodeId,
  typeUrl: step.typeUrl,
  resourceNames: step.resources.map(({ name }) => name),
  ...(step.removed.length > 0 ? { removed: step.removed } : {}),
  versionInfo: step.to.version,
  nonce,
});

import type { ServedSnapshot } from '../../../controlplane/served-snapshot.ts';
import { decodeDeltaRequest, decodeSotwRequest } from '../../../controlplane/xds/discovery-requests.ts';
import { NameSets } from '../../../controlplane/xds/name-set.ts';
import { type GroupStream, NodeGroup } from '../../../controlplane/xds/node-group.ts';
import { nonceTail, type Variant } from '../../../controlplane/xds/response-frame.ts';
import { type ModelResponse, readResponse } from './model-client.ts';

export const NODE = { id: 'n', cluster: '', metadata: {}, version: '' };

export const modelGroup = (drainMs = 0): NodeGroup =>
  new NodeGroup('g', {
    nowMs: () => performance.now(),
    drainMs,
    awaitsDrain: true,
    sharedIds: false,
    nameSets: new NameSets(1_000),
    keepsConversation: false,
    onConversation: undefined,
    onHeard: () => undefined,
  });

/** Contents by name and type, each with its own version. */
export const modelSnapshot = (
  digest: string,
  content: Readonly<Record<string, ReadonlyMap<string, string>>>,
): ServedSnapshot => ({
  digest,
  resources: new Map(
    Object.entries(content).map(([typeUrl, entries]) => [
      typeUrl,
      [...entries].map(([name, version]) => ({ name, version, bytes: new TextEncoder().encode(`${name}@${version}`) })),
    ]),
  ),
});

/** A stream whose messages wait on both ways until somebody carries them. */
export class ModelWire {
  readonly variant: Variant;
  readonly toServer: Buffer[] = [];
  readonly toClient: ModelResponse[] = [];
  readonly #stream: GroupStream;
  #isOpen = true;

  constructor(group: NodeGroup, variant: Variant, typeUrl: string | undefined) {
    this.variant = variant;
    this.#stream = group.open(NODE, {
      variant,
      typeUrl,
      isFull: () => false,
      send: (frame, nonce) => {
        if (!this.#isOpen) throw new Error('sent to a stream that was closed');
        const message = Buffer.concat([frame.subarray(5), nonceTail(nonce)]);
        if (frame.readUInt32BE(1) !== message.length) throw new Error('the frame has another length than its message');
        this.toClient.push(readResponse(variant, message));
      },
    });
  }

  /** Brings the oldest request to the server. */
  carry(): boolean {
    const bytes = this.toServer.shift();
    if (!bytes) return false;
    const request = this.variant === 'sotw' ? decodeSotwRequest(bytes) : decodeDeltaRequest(bytes);
    if (request.kind === 'malformed') throw new Error(request.problem);
    this.#stream.receive(request.typeUrl, request);
    return true;
  }

  close(): void {
    this.#isOpen = false;
    this.#stream.close();
  }
}

import { XDS_TYPES } from '../../controlplane/xds/xds-types.ts';
import { rawClient } from '../controlplane/xds/raw-client.ts';

/** As Envoy asks for the small mesh. */
const ASKED = [
  { typeUrl: XDS_TYPES.CDS, names: [] },
  { typeUrl: XDS_TYPES.EDS, names: ['app'] },
  { typeUrl: XDS_TYPES.LDS, names: [] },
  { typeUrl: XDS_TYPES.RDS, names: ['web'] },
] as const;
const LOOK_EVERY_MS = 20;
const AGAIN_AFTER_MS = 150;

/** A node of the fleet that acknowledges what its control plane sends, comes back when that was away, and refuses what it is told to. */
export class FleetNode implements Disposable {
  readonly #id: string;
  readonly #port: number;
  readonly #accepted = new Set<string>();
  readonly #held = new Map<string, string>();
  /** Why it refuses. */
  words = 'cluster app: this node will not have it';
  #isOver = false;
  #refuses = false;
  #isAway = false;
  #end: (() => void) | undefined;

  constructor(id: string, port: number) {
    this.#id = id;
    this.#port = port;
    this.#connect();
  }

  /** What it never had before, it refuses as long as this is true. */
  set refuses(refuses: boolean) {
    this.#refuses = refuses;
  }
  /** A machine that is off. */
  set isAway(isAway: boolean) {
    this.#isAway = isAway;
    if (isAway) this.#end?.();
  }

  #connect(): void {
    if (this.#isOver) return;
    if (this.#isAway) {
      setTimeout(() => this.#connect(), AGAIN_AFTER_MS);
      return;
    }
    const client = rawClient(this.#port);
    for (const { typeUrl, names } of ASKED) {
      const node = typeUrl === XDS_TYPES.CDS ? { node: this.#id } : {};
      client.send({ ...node, typeUrl, names, version: this.#held.get(typeUrl) ?? '' });
    }
    let read = 0;
    const looking = setInterval(() => {
      for (const { versionInfo, nonce, typeUrl } of client.answers.slice(read)) {
        read += 1;
        const isRefused = this.#refuses && typeUrl === XDS_TYPES.CDS && !this.#accepted.has(versionInfo);
        if (!isRefused) {
          this.#accepted.add(versionInfo);
          this.#held.set(typeUrl, versionInfo);
        }
        const error = isRefused ? { error: this.words } : {};
        const names = ASKED.find((each) => each.typeUrl === typeUrl)?.names ?? [];
        client.send({ typeUrl, names, nonce, version: this.#held.get(typeUrl) ?? '', ...error });
      }
    }, LOOK_EVERY_MS);
    this.#end = () => client.vanish();
    void client.ended.then(() => {
      clearInterval(looking);
      client[Symbol.dispose]();
      setTimeout(() => this.#connect(), AGAIN_AFTER_MS);
    });
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    this.#end?.();
  }
}

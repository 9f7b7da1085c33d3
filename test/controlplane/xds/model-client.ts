import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { Variant } from '../../../controlplane/xds/response-frame.ts';

/** A resource as the model sees it: its content is its version, and a content that begins with `bad` is refused. */
export type Held = Map<string, string>;

export type ModelResponse = {
  readonly typeUrl: string;
  readonly version: string;
  readonly nonce: string;
  readonly resources: Held;
  readonly removed: readonly string[];
};

/** One type on one stream, as the protocol description has a client behave. */
export class ModelSubscription {
  readonly typeUrl: string;
  readonly variant: Variant;
  readonly isFullState: boolean;
  /** Undefined: it has never named anything, which is a wildcard for a full-state type. */
  names: Set<string> | undefined;
  held: Held = new Map();
  version = '';
  nonce = '';
  /** Names that it does not know whether to keep: it named them beside a wildcard, and no longer. */
  readonly doubted = new Set<string>();
  readonly send: (bytes: Buffer) => void;
  #isFirst = true;
  node: string | undefined;

  constructor(
    typeUrl: string,
    variant: Variant,
    isFullState: boolean,
    names: readonly string[] | undefined,
    send: (bytes: Buffer) => void,
  ) {
    this.typeUrl = typeUrl;
    this.variant = variant;
    this.isFullState = isFullState;
    this.names = names && new Set(names);
    this.send = send;
  }

  isAsked(name: string): boolean {
    return !this.names ? this.isFullState : this.names.has('*') || this.names.has(name);
  }

  /** The first request of a stream, with what it holds from before. */
  open(node: string | undefined): void {
    this.nonce = '';
    this.#isFirst = true;
    this.node = node;
    for (const name of this.doubted) this.held.delete(name);
    this.doubted.clear();
    this.#request([...(this.names ?? [])], [], undefined);
  }

  subscribe(name: string): void {
    this.doubted.delete(name);
    // A wildcard that was never spoken ends in the state of the world when something is named, and goes on in a delta.
    if (!this.names) this.names = new Set(this.variant === 'delta' && this.isFullState ? ['*'] : []);
    this.names.add(name);
    this.#request([name], [], undefined);
    this.#forget();
  }

  unsubscribe(name: string): void {
    if (!this.names && name === '*' && this.variant === 'delta') this.names = new Set();
    else if (!this.names?.delete(name)) return;
    if (name === '*') this.doubted.clear();
    else if (this.variant === 'delta' && this.names?.has('*')) this.doubted.add(name);
    this.#request([], [name], undefined);
    this.#forget();
  }

  /** Says that an answer is taken which `take` was to keep it to itself. */
  acknowledge(): void {
    this.#request([], [], undefined);
  }

  /** Takes or refuses an answer; `isLate`: that it is taken is said later. */
  take({ version, nonce, resources, removed }: ModelResponse, isLate = false): 'ack' | 'nack' {
    this.nonce = nonce;
    const bad = [...resources.values()].some((content) => content.startsWith('bad'));
    if (bad) {
      this.#request([], [], 'it is bad');
      return 'nack';
    }
    if (this.variant === 'sotw' && this.isFullState) this.held = new Map();
    for (const [name, content] of resources) if (this.isAsked(name)) this.held.set(name, content);
    for (const name of removed) this.held.delete(name);
    for (const name of [...resources.keys(), ...removed]) this.doubted.delete(name);
    this.version = version;
    if (!isLate) this.acknowledge();
    return 'ack';
  }

  #forget(): void {
    for (const name of this.held.keys()) if (!this.isAsked(name)) this.held.delete(name);
  }

  #request(subscribe: readonly string[], unsubscribe: readonly string[], error: string | undefined): void {
    const writer = new BinaryWriter();
    const text = (field: number, value: string) => writer.tag(field, WireType.LengthDelimited).string(value);
    const message = (field: number, write: () => void): void => {
      writer.tag(field, WireType.LengthDelimited).fork();
      write();
      writer.join();
    };
    const { node } = this;
    this.node = undefined;
    const answers = subscribe.length + unsubscribe.length === 0 && !this.#isFirst;
    if (this.variant === 'sotw') {
      text(1, this.version);
      if (node !== undefined) message(2, () => text(1, node));
      for (const name of this.names ?? []) text(3, name);
      text(4, this.typeUrl);
      text(5, this.nonce);
      if (error !== undefined) message(6, () => text(2, error));
    } else {
      if (node !== undefined) message(1, () => text(1, node));
      text(2, this.typeUrl);
      for (const name of subscribe) text(3, name);
      for (const name of unsubscribe) text(4, name);
      if (this.#isFirst)
        for (const [name, version] of this.held)
          message(5, () => {
            text(1, name);
            text(2, version);
          });
      if (answers) text(6, this.nonce);
      if (error !== undefined) message(7, () => text(2, error));
    }
    this.#isFirst = false;
    this.send(Buffer.from(writer.finish()));
  }
}

/** A resource's bytes are its content; the name of one in the state of the world is what stands before its `@`. */
export function readResponse(variant: Variant, message: Uint8Array): ModelResponse {
  const response = {
    typeUrl: '',
    version: '',
    nonce: '',
    resources: new Map<string, string>(),
    removed: [] as string[],
  };
  fields(message, (field, reader) => {
    if (field === 1) response.version = reader.string();
    else if (field === 4) response.typeUrl = reader.string();
    else if (field === 5) response.nonce = reader.string();
    else if (field === 6) response.removed.push(reader.string());
    else if (field === 2) {
      const part = reader.bytes();
      const content = variant === 'sotw' ? contentOf(part) : resourceIn(part);
      const [name = ''] = content.split('@');
      if (response.resources.has(name)) throw new Error(`${name} is twice in one response`);
      response.resources.set(name, content.slice(name.length + 1));
    }
  });
  return response;
}

function resourceIn(bytes: Uint8Array): string {
  const resource = { name: '', version: '', content: '' };
  fields(bytes, (field, reader) => {
    if (field === 3) resource.name = reader.string();
    else if (field === 1) resource.version = reader.string();
    else resource.content = contentOf(reader.bytes());
  });
  if (resource.content !== `${resource.name}@${resource.version}`)
    throw new Error(`mixed up: ${JSON.stringify(resource)}`);
  return resource.content;
}

function contentOf(any: Uint8Array): string {
  let content = '';
  fields(any, (field, reader) => {
    const text = reader.string();
    if (field === 2) content = text;
  });
  return content;
}

function fields(bytes: Uint8Array, take: (field: number, reader: BinaryReader) => void): void {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field] = reader.tag();
    take(field, reader);
  }
}

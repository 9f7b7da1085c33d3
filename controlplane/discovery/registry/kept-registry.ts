import type { KeptFile } from '../kept-file.ts';
import { registryFile } from './registry-file.ts';
import type { RegistryTable } from './registry-table.ts';

export type KeptRegistryOptions = {
  readonly path: string;
  readonly table: RegistryTable;
  /** After a failure it is tried again so often; default 5 s. */
  readonly againMs?: number;
  /** Once when it begins to fail, and `undefined` once when all is kept again. Holds no secret. */
  readonly onProblem?: (problem: string | undefined) => void;
};

/** Keeps what is registered in a file: at every change, expiries too, since a host that went must not come back with a restart. */
export class KeptRegistry implements AsyncDisposable {
  readonly #file: KeptFile;
  readonly #againMs: number;
  readonly #onProblem: (problem: string | undefined) => void;
  readonly #stopListening: () => void;
  #saving: Promise<boolean> = Promise.resolve(true);
  #problem: string | undefined;
  #again: NodeJS.Timeout | undefined;
  #ended = false;

  constructor({ path, table, againMs = 5_000, onProblem = () => {} }: KeptRegistryOptions) {
    this.#file = registryFile(path, table);
    this.#againMs = againMs;
    this.#onProblem = onProblem;
    this.#stopListening = table.onChange(() => this.#save());
  }

  /**
   * Resolves to whether all that was registered until now is on the disk, when that was tried. Never rejects: a disk that is full keeps no
   * host from being registered, and hosts say who they are again anyway.
   */
  stored(): Promise<boolean> {
    return this.#saving;
  }

  /** Nothing more is written: the file may be another control plane's. */
  stop(): void {
    this.#stopListening();
    this.#ended = true;
    clearTimeout(this.#again);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stop();
    this.#save();
    await this.#saving;
  }

  /** What is to be in the file is read from the table at once, or later. */
  #save(): void {
    this.#saving = this.#file.save().then(
      () => this.#tell(undefined),
      (error: unknown) => {
        const { code } = error as { readonly code?: unknown };
        return this.#tell(`what is registered cannot be kept: ${typeof code === 'string' ? code : 'an unknown fault'}`);
      },
    );
  }

  #tell(problem: string | undefined): boolean {
    clearTimeout(this.#again);
    if (problem !== this.#problem) this.#onProblem(problem);
    this.#problem = problem;
    if (problem !== undefined && !this.#ended) this.#again = setTimeout(() => this.#save(), this.#againMs).unref();
    return problem === undefined;
  }
}

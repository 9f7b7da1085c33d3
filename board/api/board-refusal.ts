import type { Problem } from './types/problem.ts';

/** A request that is answered with a status other than success; `problem` is its body. */
export class BoardRefusal extends Error {
  override readonly name = 'BoardRefusal';
  readonly status: 400 | 401 | 403 | 404 | 409 | 413 | 415 | 421 | 429 | 500 | 503;
  readonly problem: Problem;
  constructor(status: BoardRefusal['status'], rule: string, saw: string, want: string, options?: ErrorOptions) {
    super(`${rule}: ${saw}; want ${want}`, options);
    this.status = status;
    this.problem = { rule, problem: saw, want };
  }
}

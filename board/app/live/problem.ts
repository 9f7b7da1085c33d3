import type { Problem } from '../../api/types/problem.ts';

/** What kept something from being read or done, as the server words it. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly problem: Problem;
  readonly status: number;

  constructor(status: number, problem: Problem) {
    super(problem.problem);
    this.status = status;
    this.problem = problem;
  }
}

/** The answer of a response, or an `ApiError` with what the server said instead. */
export async function answerOf<T>(response: { ok: boolean; status: number; json(): Promise<unknown> }): Promise<T> {
  if (response.ok) return (await response.json()) as T;
  const told = await response.json().catch(() => undefined);
  throw new ApiError(response.status, isProblem(told) ? told : unworded(response.status));
}

const isProblem = (value: unknown): value is Problem =>
  typeof value === 'object' && value !== null && 'problem' in value && typeof value.problem === 'string';
const unworded = (status: number): Problem => ({
  rule: '',
  problem: `the board was answered with status ${status}`,
  want: 'the answer of a Meshgate server; what is between it and this browser?',
});

/** Any failure as a problem: what did not get through has no words of the server. */
export const problemOf = (error: unknown): Problem =>
  error instanceof ApiError
    ? error.problem
    : { rule: '', problem: 'the server of the board could not be reached', want: 'it is tried again by itself' };

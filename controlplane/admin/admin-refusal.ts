/** An answer that is no success: its status, and in words what is wrong or wanted. */
export class AdminRefusal extends Error {
  override readonly name = 'AdminRefusal';
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, problem: string, headers: Readonly<Record<string, string>> = {}) {
    super(problem);
    this.status = status;
    this.headers = headers;
  }
}

import type { ListenerAddress, RunningCell } from '../../cell/running-cell.ts';
import type { ClientAnswer } from '../../client/client-answer.ts';
import { REQUEST_ID_HEADER } from '../../upstream/stand-in.ts';
import type { RequestCheck } from '../check.ts';
import type { CheckDeps } from './check-deps.ts';

export type Sent = { readonly id: string; readonly answer: ClientAnswer };

/** Sends the check's requests, `concurrency` at a time, each marked with an id of its own. */
export async function sendRequests(
  check: RequestCheck,
  address: ListenerAddress,
  { signal }: RunningCell,
  { client, newRequestId }: CheckDeps,
): Promise<readonly Sent[]> {
  signal.throwIfAborted();
  const { request, repeat, concurrency } = check;
  const ids = Array.from({ length: repeat }, newRequestId);
  const requestAt = (index: number) => ({
    ...request,
    headers: { ...request.headers, [REQUEST_ID_HEADER]: ids[index] ?? '' },
  });
  const answers = await client.load({ address, requestAt, repeat, concurrency });
  return answers.map((answer, index) => ({ id: ids[index] ?? '', answer }));
}

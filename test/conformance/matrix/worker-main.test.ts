import { fork } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';

const WORKER = resolve(import.meta.dirname, '../../../conformance/matrix/worker-main.ts');

test('a parent that is gone while the worker has something to say: it ends in order, not by an error of its own', async () => {
  const worker = fork(WORKER, { serialization: 'advanced', silent: true });
  let said = '';
  worker.stderr?.on('data', (piece: Buffer) => {
    said += piece.toString();
  });
  await once(worker, 'message'); // ready
  worker.kill('SIGSTOP');
  // Answered with `broken` at once, since no snapshot came before it.
  for (let id = 1; id <= 20; id += 1) worker.send({ kind: 'run', id, job: { proposedKey: 'none' } });
  worker.disconnect();
  worker.kill('SIGCONT');
  const [code, signal] = await once(worker, 'exit');
  expect({ code, signal, said }).toEqual({ code: 0, signal: null, said: '' });
});

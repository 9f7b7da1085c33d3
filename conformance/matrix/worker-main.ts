import { makeLauncher } from '../launcher/choose-launcher.ts';
import { worker } from './worker.ts';
import type { FromWorker, ToWorker } from './worker-protocol.ts';

// A worker process of the matrix: jobs come in over IPC, reports go out. It ends when it is told to, or when its parent is gone.
const send = (message: FromWorker): void => {
  // A parent that was killed is noticed by `disconnect`, later than by a write that fails: without somebody to hear of it, that would end
  // this process before it has ended its Envoys.
  if (process.connected) process.send?.(message, undefined, undefined, () => {});
};
const { take, stop } = worker({ send, makeLauncher });

const end = (): void => void stop().finally(() => process.exit(0));
process.on('message', (message: ToWorker) => (message.kind === 'stop' ? end() : take(message)));
process.on('disconnect', end);
// Ctrl-C reaches the whole foreground process group; the parent decides what happens then, and says so over IPC.
process.on('SIGINT', () => {});
process.on('SIGTERM', end);
send({ kind: 'ready' });

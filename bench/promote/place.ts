import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DemoProcesses, demoProcesses } from '../../cli/demo/demo-processes.ts';

/** A directory for one benchmark, and the `mesh` processes that run in it. All is gone when it is disposed. */
export interface BenchPlace extends AsyncDisposable {
  readonly dir: string;
  readonly configDir: string;
  readonly dataDir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly processes: DemoProcesses;
  readonly placeArgs: readonly string[];
}

export async function makePlace(more: Readonly<Record<string, string>>): Promise<BenchPlace> {
  const dir = await mkdtemp(join(tmpdir(), 'meshgate-bench-'));
  const configDir = join(dir, 'mesh');
  const dataDir = join(dir, 'data');
  for (const name of ['data', 'logs']) await mkdir(join(dir, name));
  const { DATABASE_URL: _mine, ...env } = process.env;
  const whole = { ...env, ...more };
  const onUnexpectedEnd = (name: string, lines: string): void => console.error(`${name} ended by itself:\n${lines}`);
  const processes = demoProcesses({ cwd: dir, logDir: join(dir, 'logs'), env: whole, onUnexpectedEnd });
  return {
    dir,
    configDir,
    dataDir,
    env: whole,
    processes,
    placeArgs: ['--config', configDir, '--data', dataDir],
    async [Symbol.asyncDispose]() {
      await processes[Symbol.asyncDispose]();
      await rm(dir, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

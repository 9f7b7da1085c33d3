import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dockerEngine, removeLeftovers } from '../../../conformance/launcher/docker-engine.ts';
import { PINNED_ENVOY_VERSIONS } from '../../../conformance/launcher/envoy-binary.ts';
import type { LauncherKind, StartedEnvoy } from '../../../conformance/launcher/envoy-launcher.ts';
import { parentDeathPrefix } from '../../../conformance/launcher/parent-death.ts';
import { pollUntil } from '../../../conformance/poll-until.ts';
import { cacheDirOf } from '../../../render/wheels/cache-dir.ts';

const VERSION = PINNED_ENVOY_VERSIONS.at(-1) ?? '';
const never = new AbortController().signal;
let scratchDir: string;
beforeAll(async () => {
  scratchDir = await mkdtemp(join(tmpdir(), 'orphans-'));
});
afterAll(() => rm(scratchDir, { recursive: true, force: true }));

/** A Meshgate of its own that has started an Envoy. */
async function parentOf(kind: LauncherKind): Promise<{ parent: ChildProcess; started: StartedEnvoy }> {
  const program = join(import.meta.dirname, 'orphan-maker.ts');
  const dir = join(scratchDir, kind);
  const parent = spawn(process.execPath, [program, kind, VERSION, cacheDirOf(process.env), dir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (!parent.stdout) throw new Error('no stdout');
  const [line] = (await once(createInterface(parent.stdout), 'line')) as [string];
  return { parent, started: JSON.parse(line) as StartedEnvoy };
}

test('an Envoy goes with the process that started it, also when that is killed with SIGKILL', async (context) => {
  if ((await parentDeathPrefix()).length === 0) return context.skip('no setpriv --pdeathsig on this machine');
  const { parent, started } = await parentOf('process');
  const pid = started.pid ?? 0;
  expect(process.kill(pid, 0)).toBe(true);
  parent.kill('SIGKILL');
  await pollUntil('the end of Envoy', 10_000, never, async () => {
    try {
      process.kill(pid, 0);
      return undefined;
    } catch {
      return true;
    }
  });
});

test('a container whose owner was killed goes when the next run starts; one whose owner lives stays', async (context) => {
  const engine = await dockerEngine().catch((fault: Error) => fault.message);
  if (typeof engine === 'string') return context.skip(engine);
  const { parent, started } = await parentOf('docker');
  const container = engine.client.container.getById(started.containerId ?? '');
  await removeLeftovers(engine.client);
  expect((await container.inspect()).State.Running).toBe(true);
  parent.kill('SIGKILL');
  await once(parent, 'exit');
  await removeLeftovers(engine.client);
  await expect(container.inspect()).rejects.toThrow('no such container');
});

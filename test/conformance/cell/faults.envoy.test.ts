import { readdir } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCell } from '../../../conformance/cell/run-cell.ts';
import type { EnvoyLauncher, RunningEnvoy } from '../../../conformance/launcher/envoy-launcher.ts';
import { LauncherError } from '../../../conformance/launcher/envoy-launcher.ts';
import { sideBySide } from '../../side-by-side.ts';
import { type Cells, jobOf, NEWEST, placeOf, startCells, stepEvents, stepsOf } from './cell-fixture.ts';
import { lineOf, placedSnapshot } from './placed-snapshot.ts';
import { cluster, routes, SMALL } from './small-mesh.ts';

const small = placedSnapshot(SMALL);
const changed = placedSnapshot({
  ...SMALL,
  route: routes('web', '{ match: { prefix: / }, route: { cluster: app, timeout: 2s } }'),
});

/** The launcher, with something done to each Envoy that is up. */
const onLaunch =
  (act: (envoy: RunningEnvoy) => Promise<RunningEnvoy> | RunningEnvoy) =>
  (launcher: EnvoyLauncher): EnvoyLauncher => ({
    ...launcher,
    launch: async (options) => act(await launcher.launch(options)),
  });

const signalled = (signal: NodeJS.Signals) =>
  onLaunch((envoy) => {
    process.kill(envoy.pid ?? 0, signal);
    return envoy;
  });

sideBySide('an Envoy that is lost while it takes the configuration', () => {
  const table: readonly (readonly [NodeJS.Signals, string, string | undefined])[] = [
    ['SIGKILL', 'inconclusive', undefined],
    ['SIGTERM', 'inconclusive', undefined],
    ['SIGABRT', 'fail', 'envoy-crashed'],
    ['SIGSEGV', 'fail', 'envoy-crashed'],
  ];
  test.each(table)('%s: %s', async (signal, verdict, rule) => {
    await using cells = await startCells(signalled(signal));
    const report = await cells.run({ version: NEWEST, proposed: small, only: 'nothing' });
    expect(report.verdict).toBe(verdict);
    expect(report.findings.map((finding) => finding.rule)).toEqual(rule === undefined ? [] : [rule]);
    if (rule === undefined) expect(report.message).toMatch(/ended from outside/);
    else expect(report.findings[0]?.saw).toMatch(/ended by itself[\s\S]*its last lines:\n.*\[/);
  });

  test('SIGSTOP: bounded, inconclusive, and nothing is left', async () => {
    await using cells = await startCells(signalled('SIGSTOP'));
    const report = await cells.run({ version: NEWEST, proposed: small, only: 'nothing' });
    expect(report).toMatchObject({
      verdict: 'inconclusive',
      findings: [],
      message: expect.stringContaining('stopped from outside'),
    });
    expect(report.durationMs).toBeLessThan(45_000);
  });
});

sideBySide('an Envoy that is lost later', () => {
  let cells: Cells;
  const envoys: RunningEnvoy[] = [];
  beforeAll(async () => {
    cells = await startCells(
      onLaunch((envoy) => {
        envoys.push(envoy);
        return envoy;
      }),
    );
  });
  afterAll(() => cells?.[Symbol.asyncDispose]());
  const lose = (step: string, signal: NodeJS.Signals) => {
    envoys.length = 0;
    return stepEvents((name) => {
      if (name !== step) return;
      const last = envoys.at(-1);
      if (step === 'checks' && last) process.kill(last.pid ?? 0, signal);
      // Its Envoy does not run yet: as soon as it does, and is under traffic.
      else void untilMore(envoys.length).then((envoy) => setTimeout(() => process.kill(envoy.pid ?? 0, signal), 350));
    });
  };
  const untilMore = async (count: number): Promise<RunningEnvoy> => {
    for (;;) {
      const next = envoys[count];
      if (next) return next;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  test.each([
    ['checks', 'SIGKILL', 'inconclusive'],
    ['checks', 'SIGSEGV', 'fail'],
    ['rehearsal', 'SIGKILL', 'inconclusive'],
    ['rehearsal', 'SIGSEGV', 'fail'],
  ] as const)('%s, %s: %s', async (step, signal, verdict) => {
    const report = await cells.run(
      { version: NEWEST, live: small, proposed: changed },
      { onEvent: lose(step, signal) },
    );
    expect(report.verdict).toBe(verdict);
    expect(stepsOf(report)).toContain('cold boot pass');
    if (verdict === 'fail') expect(report.findings.map(({ rule }) => rule)).toContain('envoy-crashed');
    else expect(report).toMatchObject({ message: expect.stringContaining('ended from outside'), findings: [] });
  });
});

/** An admin between the cell and its Envoy that answers `path` with what `answer` makes of the real answer. */
const behindAdmin = (path: string, answer: (body: string) => string | undefined) =>
  onLaunch(async (envoy) => {
    const server = createServer(async (request, response) => {
      const real = await fetch(new URL(request.url ?? '/', envoy.adminUrl), { method: request.method ?? 'GET' });
      const body = await real.text();
      const changed = request.url?.startsWith(path) ? answer(body) : body;
      if (changed !== undefined) response.writeHead(real.status).end(changed);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    void envoy.ended.then(() => {
      server.closeAllConnections();
      server.close();
    });
    const { port } = server.address() as AddressInfo;
    return {
      ...envoy,
      adminUrl: new URL(`http://127.0.0.1:${port}`),
      [Symbol.asyncDispose]: () => envoy[Symbol.asyncDispose](),
    };
  });

sideBySide('an Envoy that says it is other than it should be', () => {
  const boot = async (path: string, answer: (body: string) => string | undefined) => {
    await using cells = await startCells(behindAdmin(path, answer));
    return await cells.run({ version: NEWEST, proposed: small, only: 'nothing' });
  };

  test('a listener that it has and does not listen for', async () => {
    const report = await boot('/listeners', (body) => body.replaceAll('"edge"', '"other"'));
    expect(report.findings).toMatchObject([{ rule: 'listener-not-listening', resource: 'listener edge' }]);
    expect(report.findings.map(placeOf)).toEqual([lineOf(SMALL, 'listener', 'name: edge')]);
  });

  test('a resource that it holds otherwise than it was sent', async () => {
    const report = await boot('/config_dump', (body) =>
      body
        .replace('"connect_timeout": "1s"', '"connect_timeout": "9s"')
        .replace('"cluster": "app"', '"cluster": "ape"'),
    );
    expect(report.findings.map(({ rule, resource }) => `${rule} ${resource}`)).toContain('config-differs route web');
    expect(report.verdict).toBe('fail');
  });

  test('it never gets ready: bounded, with what it says', async () => {
    const cells = await startCells(onLaunch((envoy) => envoy));
    await cells[Symbol.asyncDispose]();
    const server = createServer((request, response) => {
      response.writeHead(request.url === '/ready' ? 503 : 200).end(request.url === '/ready' ? 'INITIALIZING' : '{}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await using fake = await startCells(
      onLaunch((envoy) => ({
        ...envoy,
        adminUrl: new URL(`http://127.0.0.1:${port}`),
        [Symbol.asyncDispose]: () => envoy[Symbol.asyncDispose](),
      })),
    );
    const report = await fake.run({ version: NEWEST, proposed: small, only: 'nothing' });
    server.close();
    expect(report.findings).toMatchObject([{ rule: 'not-ready', saw: expect.stringContaining('INITIALIZING') }]);
    expect(report.verdict).toBe('fail');
  });

  test('its admin never answers although it runs: a finding with its last lines', async () => {
    const report = await boot('/config_dump', () => undefined);
    expect(report.findings).toMatchObject([
      { rule: 'not-ready', saw: expect.stringMatching(/no longer answers[\s\S]*its last lines:\n.*\[/) },
    ]);
  });
});

describe('a harness that cannot', () => {
  test('what Envoy refused before the harness broke stays refused; nothing runs on', async () => {
    const refusing = placedSnapshot({
      ...SMALL,
      cluster: SMALL.cluster + cluster('named', { addresses: ['a.example'] }),
    });
    const validated = Promise.withResolvers<void>();
    let asked = 0;
    await using cells = await startCells((launcher) => ({
      ...launcher,
      validate: async (options) => {
        const question = ++asked;
        const verdict = await launcher.validate(options);
        // One question follows the other at once; when none does, static validation is over, and the cell has its findings.
        setImmediate(() => asked === question && validated.resolve());
        return verdict;
      },
      launch: async ({ signal }) => {
        await validated.promise;
        signal?.throwIfAborted();
        throw new LauncherError('DISK_FULL', 'the disk is full');
      },
    }));
    const report = await cells.run({ version: NEWEST, proposed: refusing });
    expect(report).toMatchObject({ verdict: 'fail', message: 'the disk is full' });
    expect(report.findings.map(({ rule }) => rule)).toEqual(['envoy-refused']);
  });

  test('static validation that cannot run ends the boot that goes on beside it', async () => {
    await using cells = await startCells((launcher) => ({
      ...launcher,
      validate: async () => {
        await new Promise((resolve) => setTimeout(resolve, 100));
        throw new LauncherError('NO_NETWORK', 'no network');
      },
    }));
    const report = await cells.run({ version: NEWEST, proposed: small });
    expect(report).toMatchObject({ verdict: 'inconclusive', message: 'no network', findings: [] });
  });

  test('aborted in the middle: nothing is left within 2 s', async () => {
    await using cells = await startCells();
    const abort = new AbortController();
    const context = {
      ...cells.context,
      signal: abort.signal,
      onEvent: stepEvents((step) => step === 'rehearsal' && setTimeout(() => abort.abort(new Error('Ctrl-C')), 300)),
    };
    const running = runCell(jobOf({ version: NEWEST, live: small, proposed: changed }), context);
    const abortedAt = await new Promise<number>((resolve) =>
      abort.signal.addEventListener('abort', () => resolve(performance.now())),
    );
    const report = await running;
    expect(performance.now() - abortedAt).toBeLessThan(2_000);
    expect(report.verdict).toBe('inconclusive');
    await cells.expectNothingLeft();
    expect(await readdir(cells.context.scratchDir)).toEqual([]);
  });
});

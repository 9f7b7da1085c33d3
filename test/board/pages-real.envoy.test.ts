import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPipeline } from '../../pipeline/commands/create-pipeline.ts';
import { buildBoardApp } from '../../tools/build-board-app.ts';
import { type SharedStore, sharedStore, type World, world } from '../pipeline/engine/engine-world.ts';
import { meshYaml } from '../pipeline/engine/mesh-yaml.ts';
import { freePort } from '../real/free-port.ts';
import { boardOf } from './board-world.ts';
import { axeFindings, hasChromium, launchChromium, openBoard, settled } from './fixture/board-browser.ts';
import { type RealProvider, startProvider } from './provider.ts';

const PEOPLE = ['ada', 'bo', 'cyd'];
const HOSTILE = '<img src=x onerror=alert(1)> & <script>alert(2)</script>';

describe.skipIf(!hasChromium)('a real board, over a real pipeline and store, in a real browser', () => {
  const things = new AsyncDisposableStack();
  const problems: string[] = [];
  let shared: SharedStore;
  let mesh: World;
  let provider: RealProvider;
  let browser: Browser;
  let board: Awaited<ReturnType<typeof boardOf>>;
  let startBoard: () => ReturnType<typeof boardOf>;

  beforeAll(async () => {
    const dist = await mkdtemp(join(tmpdir(), 'meshgate-board-'));
    things.defer(() => rm(dist, { recursive: true, force: true }));
    await buildBoardApp(dist);
    shared = things.use(await sharedStore());
    mesh = things.use(
      await world(shared, { mesh: (beta, canary) => meshYaml(beta, canary).replace('count: 1', 'count: 2') }),
    );
    const port = await freePort();
    // The board knows people by what the provider says of them; here, as the mesh config names them.
    const accounts = Object.fromEntries(PEOPLE.map((name) => [name, { name, login: name }]));
    provider = things.use(await startProvider(accounts, `http://127.0.0.1:${port}/sign-in/callback`));
    const { issuer, clientId, clientSecret } = provider;
    startBoard = () =>
      boardOf(shared, mesh, dist, {
        port,
        signIn: {
          issuer,
          clientId,
          clientSecret,
          identity: { kind: 'claim', name: 'login' },
          demanded: false,
          pipeline: createPipeline(mesh.ports),
        },
      });
    board = await startBoard();
    browser = await launchChromium();
    await mesh.as('ada')({ kind: 'promote', stage: mesh.beta, revision: undefined, reason: HOSTILE });
    await mesh.settle();
  });
  afterAll(async () => {
    await browser?.close();
    await board?.[Symbol.asyncDispose]();
    await things.disposeAsync();
  });

  const open = (): Promise<Page> => openBoard(browser, problems, board.url, provider.issuer);
  const show = async (page: Page, path: string): Promise<void> => {
    await page.goto(board.url + path);
    await page.getByText('Live', { exact: true }).first().waitFor();
    await settled(page);
  };
  const signIn = async (name: string, path: string): Promise<Page> => {
    const page = await open();
    await show(page, path);
    provider.next = name;
    await page.getByRole('link', { name: 'Sign in' }).click();
    await page.getByRole('button', { name: 'Sign out' }).waitFor();
    return page;
  };

  test('every page of it shows what the pipeline knows, without a fault', async () => {
    const page = await open();
    for (const [path, text] of [
      ['/', `${mesh.beta}-1`],
      [`/promotions/${mesh.beta}-1`, HOSTILE],
      [`/promotions/${mesh.beta}-1?cell=${mesh.beta}@1.40.0`, 'proved'],
      [`/mesh/${mesh.beta}`, 'service'],
      ['/fleet', 'No Envoy has connected yet.'],
      ['/history', 'pushed'],
      [`/compare?from=${mesh.beta}&to=main`, 'What differs'],
    ] as const) {
      await show(page, path);
      await page.getByText(text, { exact: false }).first().waitFor({ state: 'attached' });
      expect(await axeFindings(page), path).toEqual([]);
    }
    await show(page, '/history');
    await page.getByRole('button', { name: 'Verify the chain' }).click();
    await page.getByText('sound', { exact: true }).waitFor();
    expect(problems).toEqual([]);
    expect(board.said).toEqual([]);
    await page.close();
  });

  test('a promotion is followed from its request to its end, with the page open; two people approve it at once', async () => {
    await mesh.as('ada')({ kind: 'promote', stage: mesh.canary, revision: undefined, reason: 'to canary' });
    const id = `${mesh.canary}-1`;
    const [bo, cyd] = [await signIn('bo', `/promotions/${id}`), await signIn('cyd', `/promotions/${id}`)];
    await mesh.settle();
    const dialogs = await Promise.all(
      [bo, cyd].map(async (page) => {
        await page.getByText('waits at its gates, verdict pass').first().waitFor();
        await page.getByRole('button', { name: 'Approve' }).click();
        return page.getByRole('dialog', { name: `Approve ${id}?` });
      }),
    );
    await Promise.all(dialogs.map((dialog) => dialog.getByRole('button', { name: 'Approve' }).click()));
    for (const dialog of dialogs) await dialog.waitFor({ state: 'detached' });
    await mesh.settle();
    expect(await mesh.standing(id)).toBe('promoted');
    for (const page of [bo, cyd]) {
      await page.getByText('promoted', { exact: true }).first().waitFor();
      await page
        .getByRole('region', { name: 'Audit trail' })
        .getByText(/^approved/)
        .nth(1)
        .waitFor();
    }
    expect(problems).toEqual([]);
    await Promise.all([bo.close(), cyd.close()]);
  });

  test('the board is started anew under an open page: what happened meanwhile is there', async () => {
    const page = await open();
    await show(page, '/');
    await board[Symbol.asyncDispose]();
    await page.getByText('Reconnecting').waitFor();
    await mesh.as('ada')({ kind: 'freeze', stage: mesh.canary, reason: 'while it was away' });
    board = await startBoard();
    await page.getByText('while it was away').first().waitFor();
    await page.getByText('Live', { exact: true }).first().waitFor();
    expect(problems.filter((problem) => !problem.includes('net::ERR_'))).toEqual([]);
    await page.close();
  });
});

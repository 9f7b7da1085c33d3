import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BoardRefusal } from '../../board/api/board-refusal.ts';
import { axeFindings, hasChromium, overflowOf, settled } from './fixture/board-browser.ts';
import { type DemoBoard, startDemoBoard } from './fixture/demo-board.ts';
import { demoScene, grace } from './fixture/demo-scene.ts';
import type { FixtureServer } from './fixture/fixture-server.ts';
import type { Scene } from './fixture/scene.ts';
import { HOSTILE, uglyScene } from './fixture/ugly-scene.ts';

/** What a browser may have to load before it shows the first page, compressed. */
const FIRST_LOAD_BYTES = 200_000;

const emptyScene = (): Scene => {
  const scene = demoScene();
  scene.stages = { ...scene.stages, stages: [], needs: [] };
  scene.fleet = { ...scene.fleet, rows: [], refused: {}, types: {} };
  scene.history = () => ({ rows: [] });
  scene.verifications = { rows: [] };
  scene.maps.clear();
  return scene;
};
const troubled = (): Scene => {
  const scene = demoScene();
  Object.defineProperty(scene, 'stages', {
    get: () => {
      throw new BoardRefusal(503, 'board-store-gone', 'the store does not answer', 'to be asked again soon');
    },
  });
  return scene;
};
const signedOut = (): Scene => ({
  ...demoScene(),
  me: { toolVersion: '0.1.0', slack: true, signIn: { kind: 'out', href: '/sign-in', demanded: true } },
});

type Shown = {
  readonly name: string;
  readonly scene: () => Scene;
  readonly path: string;
  /** Text that the page must show. */
  readonly text: string;
  readonly press?: string;
};
const PAGES: readonly Shown[] = [
  { name: 'stages', scene: demoScene, path: '/', text: '3 things need a person' },
  { name: 'no stages', scene: emptyScene, path: '/', text: 'This mesh config names no stages.' },
  { name: 'stages that cannot be read', scene: troubled, path: '/', text: 'the store does not answer' },
  { name: 'ugly stages', scene: uglyScene, path: '/', text: '1 thing needs a person' },
  {
    name: 'sign-in is demanded',
    scene: signedOut,
    path: '/',
    text: 'This board is shown to people who are signed in.',
  },
  { name: 'a sign-in that failed', scene: demoScene, path: '/?sign-in=nobody', text: 'nobody of this mesh here' },
  { name: 'at its gates', scene: demoScene, path: '/promotions/canary-17', text: '1 of 2 approvals' },
  { name: 'verifying', scene: demoScene, path: '/promotions/canary-18', text: '1 of 3 cells ended' },
  { name: 'rejected', scene: demoScene, path: '/promotions/canary-12', text: '14 of 240 requests failed' },
  { name: 'rolled back', scene: demoScene, path: '/promotions/canary-13', text: 'Before the push against after it' },
  { name: 'an ugly promotion', scene: uglyScene, path: '/promotions/canary-17', text: 'All 40 findings' },
  { name: 'no such promotion', scene: demoScene, path: '/promotions/canary-99', text: 'board-not-there' },
  { name: 'the map', scene: demoScene, path: '/mesh/canary', text: '12 services, 15 connections.' },
  { name: 'the map as a list', scene: demoScene, path: '/mesh/canary?view=list', text: 'not in the config' },
  { name: 'a service', scene: demoScene, path: '/mesh/canary/services/catalog', text: 'Who breaks without it' },
  { name: 'the fleet', scene: demoScene, path: '/fleet?node=envoy-00003.eu-1.shop', text: 'CDS NACKed' },
  { name: 'no fleet', scene: emptyScene, path: '/fleet', text: 'No Envoy has connected yet.' },
  { name: 'history', scene: demoScene, path: '/history', text: 'sound', press: 'Verify the chain' },
  { name: 'no history', scene: emptyScene, path: '/history', text: 'No row of the audit log is like that.' },
  { name: 'a comparison', scene: demoScene, path: '/compare?from=canary&to=release', text: 'What differs' },
  { name: 'verifications', scene: demoScene, path: '/verifications', text: 'verify:7' },
  {
    name: 'no verifications',
    scene: emptyScene,
    path: '/verifications',
    text: 'Nobody has had a revision proved yet.',
  },
  { name: 'a verification', scene: demoScene, path: '/verifications/verify:9', text: '1 of 6 cells ended' },
  { name: 'no such page', scene: demoScene, path: '/nothing', text: 'There is no such page' },
  {
    name: 'the question before the glass is broken',
    scene: () => ({ ...demoScene(), me: grace }),
    path: '/promotions/canary-17',
    text: 'A second person must confirm in time',
    press: 'Break glass…',
  },
];

describe.skipIf(!hasChromium)('the pages in a real browser', () => {
  let board: DemoBoard;
  let server: FixtureServer;
  let page: Page;
  let scene: Scene;
  const problems: string[] = [];

  beforeAll(async () => {
    scene = demoScene();
    // One server whose scene is changed from test to test.
    board = await startDemoBoard(problems, () => scene);
    ({ server, page } = board);
  });
  afterAll(() => board?.[Symbol.asyncDispose]());

  const show = async (shown: Pick<Shown, 'scene' | 'path'>): Promise<void> => {
    scene = shown.scene();
    problems.length = 0;
    await page.goto(server.url + shown.path);
    await settled(page);
  };

  test.each(PAGES)('$name: shown, readable for everybody in light and dark, on a phone too', async (shown) => {
    await page.emulateMedia({ colorScheme: 'light' });
    await page.setViewportSize({ width: 1280, height: 900 });
    await show(shown);
    if (shown.press) await page.getByRole('button', { name: shown.press }).click();
    await page.getByText(shown.text).first().waitFor({ state: 'attached' });
    await settled(page);
    expect(await axeFindings(page)).toEqual([]);
    await page.emulateMedia({ colorScheme: 'dark' });
    expect(await axeFindings(page, ['color-contrast'])).toEqual([]);
    await page.setViewportSize({ width: 360, height: 740 });
    expect(await overflowOf(page)).toBeLessThanOrEqual(0);
    // What is refused is told by the page; Chromium writes a line for each answer that is no success, too.
    expect(problems.filter((problem) => !/status of (404|503)/.test(problem))).toEqual([]);
    expect(server.said).toEqual([]);
  });

  test('text of configs is text, wherever it stands', async () => {
    for (const path of ['/', '/promotions/canary-17']) {
      await show({ scene: uglyScene, path });
      await page.getByText(HOSTILE).first().waitFor({ state: 'attached' });
      expect(await page.locator('main img, main script').count()).toBe(0);
      expect(await page.title()).not.toContain('taken');
      expect(problems).toEqual([]);
    }
  });

  test('the keyboard alone: past the bar, through the matrix by arrows, into a question and back to its button', async () => {
    await page.setViewportSize({ width: 1280, height: 900 });
    await show({ scene: () => ({ ...demoScene(), me: grace }), path: '/promotions/canary-17' });
    const focused = () => page.evaluate<string>(`document.activeElement?.textContent ?? ''`);
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('Skip to the page');
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement?.id')).toBe('page');

    const cells = page.getByRole('grid', { name: 'Cells of the matrix' });
    await cells.getByRole('button').first().focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    await page.getByRole('region', { name: 'canary@1.38.3' }).waitFor();
    expect(new URL(page.url()).searchParams.get('cell')).toBe('canary@1.38.3');
    expect(await cells.locator('[tabindex="0"]').count()).toBe(1);

    await page.getByRole('button', { name: 'Approve' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'Approve canary-17?' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await focused()).toBe('Approve');
  });

  test('going to another page brings the focus to its heading, and says where one is', async () => {
    await show({ scene: demoScene, path: '/' });
    await page.getByRole('link', { name: 'Fleet', exact: true }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Fleet' }).waitFor();
    await page.locator('h1:focus', { hasText: 'Fleet' }).waitFor();
    expect(await page.title()).toBe('Fleet · Meshgate');
  });

  test('the first load is small, and nothing of it is inline', async () => {
    const html = await readFile(join(board.dist, 'index.html'), 'utf8');
    expect(html).not.toMatch(/<style|style=|<script(?![^>]*src=)/);
    const first = [...html.matchAll(/(?:src|href)="\/(assets\/[^"]+)"/g)].map(([, file = '']) => file);
    expect(first.length).toBeGreaterThanOrEqual(2);
    const sizes = await Promise.all(first.map(async (file) => gzipSync(await readFile(join(board.dist, file))).length));
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(FIRST_LOAD_BYTES);
    // Charts and the layout of graphs come when they are shown.
    const all = await readdir(join(board.dist, 'assets'));
    expect(all.filter((file) => /^(uplot-chart|layout-worker)-/.test(file)).length).toBeGreaterThanOrEqual(2);
    expect(first.join()).not.toMatch(/uplot|layout/);
    // As it is sent to people: without what helps whoever writes it, such as the places of sources on this machine.
    for (const file of all.filter((name) => name.endsWith('.js')))
      expect(await readFile(join(board.dist, 'assets', file), 'utf8'), file).not.toMatch(/board\/app\/|lineNumber:/);
  });
});

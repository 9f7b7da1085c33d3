import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { demoScene } from '../../test/board/fixture/demo-scene.ts';
import { NOW } from '../../test/board/fixture/demo-time.ts';
import { startFixtureServer } from '../../test/board/fixture/fixture-server.ts';
import { buildBoardApp } from '../build-board-app.ts';

export type Picture = {
  /** Of the file in `docs/images/`, without `.png`. */
  readonly name: string;
  readonly path: string;
  readonly scheme: 'light' | 'dark';
  readonly width: number;
  readonly height: number;
  /** A part of the page that is brought to the top. */
  readonly at?: string;
};

/** What README and docs show. */
const PICTURES: readonly Picture[] = [
  { name: 'board-stages', path: '/', scheme: 'light', width: 1280, height: 860 },
  { name: 'board-promotion', path: '/promotions/canary-17', scheme: 'light', width: 1280, height: 860 },
  { name: 'board-matrix', path: '/promotions/canary-12', scheme: 'dark', width: 1280, height: 860, at: '#matrix' },
  { name: 'board-mesh', path: '/mesh/canary', scheme: 'dark', width: 1280, height: 860 },
  { name: 'board-fleet', path: '/fleet', scheme: 'light', width: 1280, height: 640 },
  { name: 'board-phone', path: '/', scheme: 'dark', width: 390, height: 780 },
];

const CHROMIUM = '/usr/bin/chromium';
const PATIENCE_MS = 30_000;

/** Takes every picture of the pages as they are built from this checkout, over a scene that is the same each time. By name. */
export async function takePictures(): Promise<ReadonlyMap<string, Buffer>> {
  await using stack = new AsyncDisposableStack();
  const dist = await mkdtemp(join(tmpdir(), 'meshgate-pictures-'));
  stack.defer(() => rm(dist, { recursive: true, force: true }));
  await buildBoardApp(dist);
  const server = await startFixtureServer(dist, demoScene());
  stack.defer(() => server.stop());
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--font-render-hinting=none'],
  });
  stack.defer(() => browser.close());
  const taken = new Map<string, Buffer>();
  for (const { name, path, scheme, width, height, at } of PICTURES) {
    const page = await browser.newPage({
      viewport: { width, height },
      colorScheme: scheme,
      reducedMotion: 'reduce',
      timezoneId: 'UTC',
      locale: 'en-GB',
    });
    page.setDefaultTimeout(PATIENCE_MS);
    // Ages must not depend on how long this took.
    await page.clock.setFixedTime(NOW);
    await page.goto(server.url + path);
    await page.locator('main h1').waitFor();
    await page.getByText('Live', { exact: true }).first().waitFor();
    await page.locator('body:not(:has([aria-busy="true"]))').waitFor();
    if (at !== undefined) {
      await page.locator(`${at} canvas`).first().waitFor();
      await page.evaluate(`document.querySelector(${JSON.stringify(at)}).scrollIntoView()`);
    }
    taken.set(name, await page.screenshot({ animations: 'disabled' }));
    await page.close();
  }
  return taken;
}

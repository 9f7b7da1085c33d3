import { loadavg } from 'node:os';
import { gzipSync } from 'node:zlib';
import type { Browser } from 'playwright-core';
import { launchChromium } from '../test/board/fixture/board-browser.ts';
import { startDemoBoard } from '../test/board/fixture/demo-board.ts';
import { demoFleet } from '../test/board/fixture/demo-fleet.ts';
import { largeMap } from '../test/board/fixture/demo-mesh.ts';
import { demoScene } from '../test/board/fixture/demo-scene.ts';
import { median } from './measure.ts';

const TIMES = 5;
const PATIENCE_MS = 60_000;
/** `shown`: what is there once a person sees what they came for. */
const PAGES = [
  { name: 'stages', path: '/', shown: '.stage .recent li' },
  { name: 'promotion', path: '/promotions/canary-17', shown: '#matrix [role="grid"] button' },
  { name: 'fleet of 10,000 Envoys', path: '/fleet', shown: '.fleet-rows .fleet-row' },
  { name: 'map of 500 services, the 60 most pressing', path: '/mesh/canary', shown: 'a.map-node' },
  { name: 'map of 500 services, all', path: '/mesh/canary?show=all', shown: 'g:nth-child(500) > a.map-node' },
  { name: 'list of 500 services', path: '/mesh/canary?view=list', shown: 'tbody tr:nth-child(500)' },
] as const;

/**
 * From the start of a navigation to the frame after what it was for is shown: of each page in a browser that has nothing of the board
 * yet, and once more when it has. The server is that of the board, in this process, over a scene in place of a store.
 */
export async function benchBoard(): Promise<void> {
  const scene = demoScene();
  scene.fleet = demoFleet(10_000);
  scene.maps.set('canary', largeMap('canary', 500));
  await using board = await startDemoBoard([], () => scene);
  const browser = await launchChromium();
  try {
    const size = (value: unknown): string => `${(gzipSync(JSON.stringify(value)).length / 1_000).toFixed(0)} kB`;
    console.log(`answers, compressed: fleet ${size(scene.fleet)}, map ${size(scene.maps.get('canary'))}`);
    for (const { name, path, shown } of PAGES) {
      const [first, again]: [number[], number[]] = [[], []];
      for (let turn = 0; turn < TIMES; turn++) {
        const [cold, warm] = await loadTwice(browser, board.server.url + path, shown);
        first.push(cold);
        again.push(warm);
      }
      console.log(
        `board: ${name}: first load ${line(first)}, again ${line(again)}; load average ${loadavg()[0]?.toFixed(1)}`,
      );
    }
  } finally {
    await browser.close();
  }
}

const line = (times: readonly number[]): string =>
  `${median(times).toFixed(0)} ms (${Math.min(...times).toFixed(0)} to ${Math.max(...times).toFixed(0)})`;

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  using timer = new DisposableStack();
  const over = new Promise<never>((_, reject) => {
    timer.adopt(
      setTimeout(() => reject(new Error(`not shown within ${ms} ms`)), ms),
      clearTimeout,
    );
  });
  return await Promise.race([work, over]);
}

/** In a context of its own, which has kept nothing. */
async function loadTwice(browser: Browser, url: string, shown: string): Promise<readonly [number, number]> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 860 } });
  try {
    const page = await context.newPage();
    const load = async (): Promise<number> => {
      await page.goto(url, { waitUntil: 'commit' });
      // The clock of the page begins with the navigation.
      const look = `document.querySelector(${JSON.stringify(shown)}) && !document.querySelector('[aria-busy="true"]')`;
      const frames = `new Promise((seen) => {
        const frame = () => (${look} ? requestAnimationFrame(() => seen(performance.now())) : requestAnimationFrame(frame));
        frame();
      })`;
      return within(PATIENCE_MS, page.evaluate<number>(frames));
    };
    return [await load(), await load()];
  } finally {
    await context.close();
  }
}

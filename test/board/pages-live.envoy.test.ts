import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { PromotionId } from '../../pipeline/ids.ts';
import type { StageName } from '../../render/ids.ts';
import { actionsOnPages } from './actions-on-pages.ts';
import { hasChromium, settled } from './fixture/board-browser.ts';
import { type DemoBoard, startDemoBoard } from './fixture/demo-board.ts';
import { demoFleet } from './fixture/demo-fleet.ts';
import { demoCell } from './fixture/demo-matrix.ts';
import { gatingPromotion, verifyingPromotion } from './fixture/demo-promotions.ts';
import { demoScene } from './fixture/demo-scene.ts';
import type { FixtureServer } from './fixture/fixture-server.ts';
import type { Scene } from './fixture/scene.ts';
import { mapOnPages } from './map-on-pages.ts';

const CANARY = 'canary' as StageName;
const ID = 'canary-18' as PromotionId;

describe.skipIf(!hasChromium)('pages while things happen', () => {
  let board: DemoBoard;
  let server: FixtureServer;
  let page: Page;
  let scene: Scene;
  const problems: string[] = [];

  beforeAll(async () => {
    scene = demoScene();
    board = await startDemoBoard(problems, () => scene);
    ({ server, page } = board);
  });
  beforeEach(() => {
    scene = demoScene();
    problems.length = 0;
  });
  afterAll(() => board?.[Symbol.asyncDispose]());

  const show = async (path: string): Promise<void> => {
    await page.goto(server.url + path);
    await page.getByText('Live', { exact: true }).first().waitFor();
    await settled(page);
  };
  /** What was fetched before the first event is fetched once more, and which comes first is a matter of luck. */
  const quiet = async (): Promise<void> => {
    let [count, sinceMs] = [-1, 0];
    await expect
      .poll(
        () => {
          if (server.asked.length !== count) [count, sinceMs] = [server.asked.length, performance.now()];
          return performance.now() - sinceMs;
        },
        { timeout: 30_000 },
      )
      .toBeGreaterThan(1_000);
  };
  const asked = (path: string): number => server.asked.filter((one) => one.startsWith(path)).length;

  test('a promotion that runs: its cells fill as they end, and only its own page is fetched anew', async () => {
    await show('/promotions/canary-18');
    const cells = page.getByRole('grid', { name: 'Cells of the matrix' });
    await cells.getByRole('button', { name: 'running' }).waitFor();
    await quiet();
    const [others, own] = [asked('/api/fleet'), asked('/api/promotions/canary-18')];

    const view = verifyingPromotion();
    scene.promotions.set(ID, {
      ...view,
      matrix: {
        ...(view.matrix as NonNullable<typeof view.matrix>),
        progress: '2 of 3 cells ended; running: 1.40.0',
        cells: [demoCell('1.36.4', 'pass'), demoCell('1.38.3', 'fail'), demoCell('1.40.0', 'running')],
      },
    });
    server.emit({ kind: 'progress', promotion: ID, line: '2 of 3 cells ended' });
    await cells.getByRole('button', { name: 'fail' }).waitFor();
    await page.getByText('2 of 3 cells ended; running: 1.40.0').waitFor();
    expect(asked('/api/promotions/canary-18')).toBeGreaterThan(own);
    expect(asked('/api/fleet')).toBe(others);

    scene.promotions.set(ID, { ...gatingPromotion(), promotion: { ...gatingPromotion().promotion, id: ID } });
    server.emit({ kind: 'promotion', promotion: ID, stage: CANARY });
    await page.getByText('waits at its gates, verdict pass').waitFor();
    expect(await page.title()).toMatch(/^at its gates · canary-18/);
    expect(problems).toEqual([]);
  });

  test('the server goes away and comes back: the page says how old it is, and misses nothing', async () => {
    await show('/');
    await server.stop();
    await page.getByText('Not connected.').waitFor();
    // What happens while nobody can be told.
    scene.stages = { ...scene.stages, needs: [] };
    await server.start();
    server.emit({ kind: 'stage', stage: CANARY });
    await page.getByText('Nothing needs a person in 4 stages.').waitFor();
    await page.getByText('Not connected.').waitFor({ state: 'detached' });
    await page.getByText('Live', { exact: true }).first().waitFor();
    // A browser writes a line for each connection that is refused; nothing else went wrong.
    expect(
      problems.filter((problem) => !problem.includes('ERR_CONNECTION_REFUSED') && !problem.includes('ERR_')),
    ).toEqual([]);
  });

  actionsOnPages({ now: () => ({ page, server, scene }), problems, show });

  test('10,000 Envoys: rows of what is in sight alone, whatever is scrolled to; filters are in the address', async () => {
    scene.fleet = demoFleet(10_000);
    await show('/fleet?order=name');
    const table = page.getByRole('table', { name: 'Envoys' });
    await table.getByText('envoy-00000.eu-1.shop').waitFor();
    expect(await table.getAttribute('aria-rowcount')).toBe('10001');
    const rows = table.getByRole('row');
    expect(await rows.count()).toBeLessThan(80);

    const scroll = (to: number) => page.evaluate(`document.querySelector('.fleet-table').scrollTop = ${to}`);
    for (const to of [200_000, 1e9, 0, 1e9]) await scroll(to);
    const last = table.getByText('envoy-09999.eu-1.shop');
    await last.waitFor();
    expect(await rows.count()).toBeLessThan(80);
    expect(await page.locator('[aria-rowindex="10001"]').textContent()).toContain('envoy-09999');

    await page.getByLabel('State').selectOption('refused');
    await page.getByText(/of 10,000 Envoys/).waitFor();
    expect(new URL(page.url()).searchParams.get('state')).toBe('refused');
    await table.getByText('CDS NACKed: Error adding/updating').first().waitFor();
    await page.getByLabel('Name, or what it says').fill('00003.eu-1');
    await page.getByText('1 of 10,000 Envoys').waitFor();
    await page.reload();
    await page.getByText('1 of 10,000 Envoys').waitFor();
    expect(problems).toEqual([]);
  });

  mapOnPages({ now: () => ({ page, scene }), problems, show });
});

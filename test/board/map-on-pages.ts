import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { largeMap } from './fixture/demo-mesh.ts';
import type { Scene } from './fixture/scene.ts';

/** The map of a large mesh, in the browser of the file that calls it. */
export function mapOnPages(given: {
  readonly now: () => { readonly page: Page; readonly scene: Scene };
  /** Empty before each test. */
  readonly problems: readonly string[];
  readonly show: (path: string) => Promise<void>;
}): void {
  const { now, problems, show } = given;
  const mapOf = (page: Page) => page.getByRole('region', { name: /Map of/ });
  /** Where the drawing is, and how near. */
  const drawn = async (page: Page): Promise<string> => {
    const style = (await mapOf(page).locator('> svg').getAttribute('style')) ?? '';
    return /transform:[^;]*/.exec(style)?.[0] ?? '';
  };
  const scaleOf = async (page: Page): Promise<number> => Number(/scale\(([\d.]+)\)/.exec(await drawn(page))?.[1]);

  test('500 services: the pressing ones first, one found by its name with those around it, and all of them as a list', async () => {
    const { page, scene } = now();
    scene.maps.set('canary', largeMap('canary', 500));
    await show('/mesh/canary');
    await page.getByText('60 of 500 services').waitFor();
    await page.locator('.map-node').first().waitFor();
    expect(await page.locator('.map-node').count()).toBe(60);
    // Their names can be read without a step nearer.
    expect(await page.locator('.map-node text').first().isVisible()).toBe(true);

    const search = page.getByLabel('Service', { exact: true });
    await search.fill('service-25');
    await page.getByText('10 match.').waitFor();
    await expect.poll(() => page.locator('.map-node-found').count()).toBe(10);
    await search.fill('service-250');
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: 'Page of team-20/service-250' }).waitFor();
    expect(new URL(page.url()).searchParams.get('focus')).toBe('team-20/service-250');
    await page.locator('.map-node-focus').waitFor();
    expect(await page.locator('.map-node').count()).toBeLessThan(60);

    await page.getByRole('button', { name: 'Whole mesh' }).click();
    await page.getByRole('combobox', { name: 'Show' }).selectOption('failing');
    await page.getByText(/of 500 services: where requests fail\.$/).waitFor();
    await page.getByRole('combobox', { name: 'Show' }).selectOption('all');
    await expect.poll(() => page.locator('.map-node').count(), { timeout: 20_000 }).toBe(500);
    await page.getByRole('button', { name: 'List', exact: true }).click();
    await expect.poll(() => page.getByRole('row').count(), { timeout: 20_000 }).toBe(501);
    expect(problems).toEqual([]);
  });

  test('the map is moved and brought nearer by keys, wheel, drag and two fingers; its services are links, from one to the next by arrows', async () => {
    const { page, scene } = now();
    scene.maps.set('canary', largeMap('canary', 200));
    await show('/mesh/canary?show=all');
    const map = mapOf(page);
    await map.waitFor();
    const whole = await drawn(page);
    await map.focus();
    await page.keyboard.press('+');
    await expect.poll(() => scaleOf(page)).toBeGreaterThan(0.3);
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('0');
    await expect.poll(() => drawn(page)).toBe(whole);

    const box = (await map.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
    const middle = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
    // Nobody chose the map: its page scrolls.
    await page.keyboard.press('Escape');
    await page.mouse.move(middle.x, middle.y);
    await page.mouse.wheel(0, -100);
    await page.keyboard.down('Control');
    await page.mouse.wheel(0, -100);
    await page.keyboard.up('Control');
    const factor = async (): Promise<number> => (await scaleOf(page)) / Number(/scale\(([\d.]+)\)/.exec(whole)?.[1]);
    await expect.poll(factor).toBeCloseTo(Math.exp(0.2), 3);

    // A drag that begins on a service moves the map, and chooses nothing.
    const before = await drawn(page);
    await page.mouse.down();
    await page.mouse.move(middle.x + 80, middle.y + 30, { steps: 4 });
    await page.mouse.up();
    await expect.poll(() => drawn(page)).not.toBe(before);
    expect(new URL(page.url()).searchParams.get('focus')).toBeNull();

    const fingers = await page.context().newCDPSession(page);
    const touch = (type: string, ...spots: readonly number[]) =>
      fingers.send('Input.dispatchTouchEvent', {
        type: type as 'touchStart',
        touchPoints: spots.map((off, id) => ({ x: middle.x + off, y: middle.y, id })),
      });
    await page.getByRole('button', { name: 'Show all' }).click();
    await expect.poll(() => drawn(page)).toBe(whole);
    await touch('touchStart', -40, 40);
    await touch('touchMove', -80, 80);
    await touch('touchMove', -120, 120);
    await touch('touchEnd');
    await expect.poll(factor).toBeCloseTo(3, 1);

    await map.focus();
    await page.keyboard.press('Tab');
    const at = () => page.evaluate<string | null>(`document.activeElement?.getAttribute('data-node')`);
    const first = await at();
    expect(first).toMatch(/^team-/);
    await page.keyboard.press('ArrowRight');
    const second = await at();
    expect(second).not.toBe(first);
    expect(second).toMatch(/^team-/);
    // Wherever the keyboard is, there one looks, and its calls stand out.
    const node = await page.locator(`[data-node="${second}"]`).boundingBox();
    expect(node && node.x >= box.x && node.x + node.width <= box.x + box.width).toBe(true);
    expect(await page.locator('.map-near path').count()).toBeGreaterThan(0);
    await page.keyboard.press('Enter');
    await expect.poll(() => new URL(page.url()).searchParams.get('focus')).toBe(second);
    expect(problems).toEqual([]);
  });
}

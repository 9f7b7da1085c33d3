import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { hasChromium, launchChromium, openBoard, settled } from '../board/fixture/board-browser.ts';

/** Somebody who has the board open, and nothing else. */
export interface BoardReader extends AsyncDisposable {
  /** The page that was opened at the beginning shows all of it, without being loaded again. */
  seesLive(...texts: readonly string[]): Promise<void>;
  /** A page shows all of it. */
  reads(path: string, ...texts: readonly string[]): Promise<void>;
  /** What went wrong on the pages: errors, refused content, requests to elsewhere. */
  readonly problems: readonly string[];
}

/** How long a page may take to show what is so. */
const WITHIN_MS = 30_000;

/** Opens the board's first page in a real browser; undefined where there is none. */
export async function boardReader(url: string): Promise<BoardReader | undefined> {
  if (!hasChromium) return undefined;
  const browser = await launchChromium();
  const problems: string[] = [];
  const home = await openBoard(browser, problems, url);
  await home.goto(url);
  await settled(home);
  const shows = async (page: Page, texts: readonly string[]): Promise<void> => {
    for (const text of texts)
      await expect
        .poll(() => page.locator('main').textContent(), { timeout: WITHIN_MS, interval: 250 })
        .toContain(text);
  };
  return {
    problems,
    seesLive: (...texts) => shows(home, texts),
    async reads(path, ...texts) {
      const page = await openBoard(browser, problems, url);
      await page.goto(url + path);
      await settled(page);
      await shows(page, texts);
      await page.close();
    },
    [Symbol.asyncDispose]: () => browser.close(),
  };
}

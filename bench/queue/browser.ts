/** One look at the queue in a browser that has seen nothing yet: open it, walk with J, scroll, and watch changes come in. */
import chromium from '@sparticuz/chromium';
import { type Page, chromium as playwright } from 'playwright-core';

export type Look = {
  readonly firstPaintMs: number;
  readonly firstRowMs: number;
  readonly blockedMs: number;
  /** From the event of each key to the paint after it, as the browser itself measures it (Event Timing, in steps of 8 ms). */
  readonly keyMs: readonly number[];
  readonly frameMs: readonly number[];
  readonly pagesAsked: number;
  readonly nodes: number;
};

const KEYS = 60;
const SCROLLS = 120;
const CHANGES = 20;

/** Runs before the page's own code. */
const WATCH = `
  window.bench = { keys: [], firstRow: 0, blocked: 0, frames: [] };
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (entry.name === 'keydown') bench.keys.push(entry.duration);
  }).observe({ type: 'event', durationThreshold: 16, buffered: true });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (bench.firstRow === 0) bench.blocked += Math.max(0, entry.duration - 50);
  }).observe({ type: 'longtask', buffered: true });
  const look = () => {
    if (document.querySelector('[role=row] a')) requestAnimationFrame(() => { bench.firstRow = performance.now(); });
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
`;

const FRAMES = `
  let last = performance.now();
  const frame = (now) => { bench.frames.push(now - last); last = now; if (!bench.over) requestAnimationFrame(frame); };
  requestAnimationFrame(frame);
`;

type Bench = { keys: number[]; firstRow: number; blocked: number; frames: number[] };

const scroll = async (page: Page): Promise<void> => {
  const box = await page.getByRole('grid').boundingBox();
  if (box === null) throw new Error('there is no list');
  await page.mouse.move(box.x + 100, box.y + 200);
  await page.evaluate(FRAMES);
  for (let turn = 0; turn < SCROLLS; turn += 1) await page.mouse.wheel(0, 240);
  await page.evaluate('bench.over = true');
};

/** Claims and releases by somebody else: what a busy team does to a list that is being read. */
const change = async (page: Page): Promise<void> => {
  const id = await page.locator('[data-row]').first().getAttribute('data-row');
  for (let turn = 0; turn < CHANGES; turn += 1) {
    const path = `/v1/approvals/${id}/${turn % 2 === 0 ? 'claim' : 'release'}`;
    await page.evaluate(
      `fetch(${JSON.stringify(path)}, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' })`,
    );
    await page.waitForTimeout(100);
  }
  await page.waitForTimeout(1000);
};

const look = async (page: Page, url: string): Promise<Look> => {
  await page.addInitScript(WATCH);
  await page.goto(`${url}/inbox`);
  await page.locator('[data-decision-bar][data-ready]').waitFor();
  await page.waitForTimeout(1000);
  const nodes = await page.evaluate('document.querySelectorAll("*").length');
  for (let press = 0; press < KEYS; press += 1) {
    await page.keyboard.press('j');
    await page.waitForTimeout(60);
  }
  await page.waitForTimeout(300);
  await scroll(page);
  let pagesAsked = 0;
  page.on('request', (request) => {
    const { pathname, searchParams } = new URL(request.url());
    if (pathname === '/v1/approvals' && !searchParams.has('ids')) pagesAsked += 1;
  });
  await change(page);
  const bench = await page.evaluate<Bench>('bench');
  const firstPaintMs = await page.evaluate<number>(
    `performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0`,
  );
  // A key that was painted before the browser's threshold counts as that threshold.
  const keyMs = [...bench.keys, ...Array.from({ length: Math.max(0, KEYS - bench.keys.length) }, () => 16)];
  return {
    firstPaintMs,
    firstRowMs: bench.firstRow,
    blockedMs: bench.blocked,
    keyMs,
    frameMs: bench.frames,
    pagesAsked,
    nodes: Number(nodes),
  };
};

export const openBrowser = async (): Promise<{
  readonly look: (url: string, session: string) => Promise<Look>;
  readonly close: () => Promise<void>;
}> => {
  const browser = await playwright.launch({
    executablePath: process.env['CHROMIUM_PATH'] ?? (await chromium.executablePath()),
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
  });
  return {
    look: async (url, session) => {
      const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'en-GB' });
      await context.addCookies([{ name: 'countersign_session', value: session, url, httpOnly: true, sameSite: 'Lax' }]);
      const taken = await look(await context.newPage(), url);
      await context.close();
      return taken;
    },
    close: () => browser.close(),
  };
};

/**
 * The dashboard as its users meet it: the real server, which serves the built files with its own security headers, in a
 * real Chromium. A page that breaks the content security policy, logs an error or throws fails its test.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { WireApproval } from '@countersign/contract';
import type { Role } from '@countersign/core';
import { type TestApp, type TestPerson, addPerson, startTestServer } from '@countersign/server/testing';
import { insertSignInLink, transaction } from '@countersign/store';
import chromium from '@sparticuz/chromium';
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  type Page,
  chromium as playwright,
} from 'playwright-core';
import { expect, onTestFailed, onTestFinished } from 'vitest';

export type Size = 'desktop' | 'phone' | 'narrow';
export type Theme = 'light' | 'dark';

/** Each theme and each width once; by night (`npm run test:long`) each theme at each width. */
export const LOOKS: readonly (readonly [Theme, Size])[] = process.env['LONG']
  ? [
      ['light', 'desktop'],
      ['dark', 'desktop'],
      ['light', 'phone'],
      ['dark', 'phone'],
    ]
  : [
      ['light', 'desktop'],
      ['dark', 'phone'],
    ];

const SIZES: Readonly<Record<Size, BrowserContextOptions>> = {
  desktop: { viewport: { width: 1440, height: 900 } },
  phone: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
  narrow: { viewport: { width: 320, height: 640 }, hasTouch: true, isMobile: true },
};

type OpenOptions = {
  /** `null`: nobody is signed in. */
  readonly as?: TestPerson | null;
  readonly size?: Size;
  readonly theme?: Theme;
  /** Errors on the console that the test itself brings about, such as a refused request. */
  readonly expectedErrors?: RegExp;
  /** Lets the service worker in: pages go through it, and not past what `prepare` puts between. */
  readonly withWorker?: boolean;
  /** Before the page is opened, to get between it and the server. */
  readonly prepare?: (page: Page) => Promise<unknown>;
};

export type DashboardFixture = {
  readonly app: TestApp;
  readonly url: string;
  /** Somebody who builds and decides. What `ask` asks for is asked by somebody else. */
  readonly reviewer: TestPerson;
  readonly signInUrl: (person?: TestPerson) => Promise<string>;
  readonly person: (name: string, roles: readonly Role[]) => Promise<TestPerson>;
  /** Asks for an approval as a program does. */
  readonly ask: (body: Readonly<Record<string, unknown>>) => Promise<WireApproval>;
  readonly approval: (id: string) => Promise<WireApproval>;
  /** A page, signed in, whose faults fail the test. */
  readonly open: (path: string, options?: OpenOptions) => Promise<Page>;
  readonly stop: () => Promise<void>;
};

/** No part of it is faked: the pages talk to this server only. */
export const startDashboard = async (): Promise<DashboardFixture> => {
  const app = await startTestServer();
  const executablePath = process.env['CHROMIUM_PATH'] ?? (await chromium.executablePath());
  // As root, in containers and without a screen, Chromium starts only so.
  const browser = await playwright.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
  });
  const reviewer = await addPerson(app.store, app.one.id, 'Rosa Reviewer', ['owner', 'builder', 'approver']);
  return {
    app,
    url: app.url,
    reviewer,
    signInUrl: async (person = reviewer) => {
      const token = randomBytes(32).toString('base64url');
      const tokenHash = createHash('sha256').update(token).digest();
      await transaction(app.store, app.one.id, (scope) =>
        insertSignInLink(scope, { tokenHash, workspaceId: app.one.id, personId: person.id }),
      );
      return `${app.url}/sign-in#token=${token}`;
    },
    person: (name, roles) => addPerson(app.store, app.one.id, name, roles),
    ask: async (body) => {
      const answer = await app.call<WireApproval>(app.one.keys.asking, 'POST', '/v1/approvals', body);
      if (answer.status !== 201) throw new Error(answer.text);
      return answer.body;
    },
    approval: async (id) => (await app.call<WireApproval>(app.one.keys.reading, 'GET', `/v1/approvals/${id}`)).body,
    open: async (path, options = {}) => openPage(browser, app.url, path, { as: reviewer, ...options }),
    stop: async () => {
      await browser.close();
      await app.stop();
    },
  };
};

const openPage = async (browser: Browser, url: string, path: string, options: OpenOptions): Promise<Page> => {
  const { as, size = 'desktop', theme = 'light', expectedErrors } = options;
  const context = await browser.newContext({
    ...SIZES[size],
    colorScheme: theme,
    reducedMotion: 'reduce',
    locale: 'en-GB',
    serviceWorkers: options.withWorker ? 'allow' : 'block',
  });
  if (as)
    await context.addCookies([{ name: 'countersign_session', value: as.token, url, httpOnly: true, sameSite: 'Lax' }]);
  const page = await context.newPage();
  watch(context, page, expectedErrors);
  await options.prepare?.(page);
  await page.goto(path.startsWith('http') ? path : url + path);
  return page;
};

/** Whatever goes wrong on the page is part of the test's result. */
const watch = (context: BrowserContext, page: Page, expectedErrors: RegExp | undefined): void => {
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(`threw: ${error.message}`));
  // A violation of the policy is logged as an error as well.
  page.on('console', (message) => {
    const text = `${message.text()} ${message.location().url}`;
    if (message.type() === 'error' && expectedErrors?.test(text) !== true) faults.push(`console: ${text}`);
  });
  onTestFailed(async () => {
    const folder = process.env['SCREENSHOTS'];
    if (folder !== undefined && !page.isClosed())
      await page.screenshot({ path: `${folder}/failed-${Date.now()}.png` }).catch(() => undefined);
  });
  onTestFinished(async () => {
    await context.close();
    expect(faults).toEqual([]);
  });
};

/** How far the page can be scrolled sideways, in pixels. */
export const sidewaysScroll = (page: Page): Promise<number> =>
  page.evaluate('document.documentElement.scrollWidth - innerWidth');

/** The decision bar of a request that has been on screen long enough to be decided. */
export const readyToDecide = async (page: Page, title: string): Promise<void> => {
  await page.getByRole('heading', { level: 1, name: title }).waitFor();
  await page.locator('[data-decision-bar][data-ready]').waitFor();
};

/**
 * The service worker in a real Chromium. A headless one has no push service and shows no notifications: what a service brings is handed
 * in by the browser's own protocol, and what would be shown is kept, and pressed, where the worker hands it over. All between is real.
 */
import type { WireApproval } from '@countersign/contract';
import type { Page, Worker } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type DashboardFixture, startDashboard } from './browser-fixture.ts';

let dashboard: DashboardFixture;
beforeAll(async () => {
  dashboard = await startDashboard();
});
afterAll(() => dashboard.stop());

type Shown = { title: string; body: string; tag: string; actions: string[] };

const start = async (): Promise<{ page: Page; worker: Worker; push: (message: object) => Promise<void> }> => {
  const page = await dashboard.open('/account', { withWorker: true, expectedErrors: /./ });
  const session = await page.context().newCDPSession(page);
  const registration = new Promise<string>((resolve) => {
    session.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
      const [first] = registrations;
      if (first) resolve(first.registrationId);
    });
  });
  await session.send('ServiceWorker.enable');
  await page.evaluate('navigator.serviceWorker.ready.then(() => true)');
  const worker = page.context().serviceWorkers()[0] ?? (await page.context().waitForEvent('serviceworker'));
  const registrationId = await registration;
  await worker.evaluate(KEEP);
  return {
    page,
    worker,
    push: async (message) => {
      await session.send('ServiceWorker.deliverPushMessage', {
        origin: dashboard.url,
        registrationId,
        data: JSON.stringify(message),
      });
    },
  };
};

/** Takes the place of what this browser lacks: a notification of the same tag replaces the one before. */
const KEEP = `
  self.kept = new Map();
  self.registration.showNotification = async (title, options) => void self.kept.set(options.tag, { title, ...options });
`;

const shown = (worker: Worker): Promise<Shown[]> =>
  worker.evaluate<Shown[]>(`[...self.kept.values()].map(({ title, body, tag, actions }) =>
    ({ title, body, tag, actions: actions.map(({ action }) => action) }))`);

const press = (worker: Worker, tag: string, action: string): Promise<unknown> =>
  worker.evaluate(`{
    const tag = ${JSON.stringify(tag)};
    const notification = { ...self.kept.get(tag), close: () => self.kept.delete(tag) };
    const own = { notification, action: ${JSON.stringify(action)}, waitUntil: () => undefined };
    self.dispatchEvent(Object.assign(new Event('notificationclick'), own));
  }`);

const messageOf = ({ id, digest, title }: WireApproval, more: object = {}): object => ({
  id: `dlv_${id.slice(4)}`,
  tag: id,
  for: dashboard.reviewer.id,
  url: `${dashboard.url}/inbox/${id}`,
  title,
  body: 'refund, asked by a key',
  approval: id,
  digest,
  actions: ['approve', 'reject'],
  is_quiet: false,
  ...more,
});

const says = (worker: Worker, tag: string, words: RegExp): Promise<void> =>
  expect.poll(async () => (await shown(worker)).find((one) => one.tag === tag)?.body ?? '').toMatch(words);

test('what is pushed is shown, a press decides as who is signed in, and a second one or a stale one changes nothing', async () => {
  const { worker, push } = await start();
  const asked = await dashboard.ask({
    tool: 'refund',
    title: 'A small refund',
    arguments: { amount: 3 },
    priority: 'low',
  });
  await push(messageOf(asked));
  await says(worker, asked.id, /refund/);
  expect((await shown(worker))[0]).toMatchObject({ title: 'A small refund', actions: ['approve', 'reject'] });
  await press(worker, asked.id, 'approve');
  await says(worker, asked.id, /You approved it/);
  expect(await dashboard.approval(asked.id)).toMatchObject({
    status: 'approved',
    decision: { by: { id: dashboard.reviewer.id }, assurance: 'session' },
  });
  // The same notification, brought once more: it was decided, whatever is pressed.
  await push(messageOf(asked, { id: 'dlv_again' }));
  await says(worker, asked.id, /refund/);
  await press(worker, asked.id, 'reject');
  await says(worker, asked.id, /Nothing was decided/);
  expect(await dashboard.approval(asked.id)).toMatchObject({ status: 'approved' });
  const other = await dashboard.ask({
    tool: 'refund',
    title: 'Another one',
    arguments: { amount: 4 },
    priority: 'low',
  });
  await push(messageOf(other, { digest: asked.digest }));
  await says(worker, other.id, /refund/);
  await press(worker, other.id, 'approve');
  await says(worker, other.id, /Nothing was decided/);
  await push(messageOf(other, { for: 'usr_of_somebody_else' }));
  await says(worker, other.id, /refund/);
  await press(worker, other.id, 'approve');
  await says(worker, other.id, /somebody else is signed in/);
  expect(await dashboard.approval(other.id)).toMatchObject({ status: 'pending' });
});

test('what has no buttons decides nothing, whatever is pressed', async () => {
  const { worker, push } = await start();
  const asked = await dashboard.ask({ tool: 'refund', title: 'Large', arguments: { amount: 9 }, priority: 'high' });
  await push(messageOf(asked, { actions: [] }));
  await says(worker, asked.id, /refund/);
  await press(worker, asked.id, 'approve');
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(await dashboard.approval(asked.id)).toMatchObject({ status: 'pending' });
});

test('it can be installed, and without a network a page says that nothing was sent', async () => {
  const { page } = await start();
  const manifest = await page.evaluate<{ icons: { src: string }[]; display: string }>(
    'fetch("/manifest.webmanifest").then((answer) => answer.json())',
  );
  expect(manifest.display).toBe('standalone');
  for (const { src } of manifest.icons)
    expect(
      await page.evaluate(`fetch(${JSON.stringify(src)}).then(({ ok, headers }) => ok && headers.get('content-type'))`),
    ).toBe('image/png');
  await page.reload();
  await page.context().setOffline(true);
  await page.goto(`${dashboard.url}/inbox`).catch(() => undefined);
  await page.getByRole('heading', { name: 'You are offline' }).waitFor();
  if (process.env['SCREENSHOTS']) await page.screenshot({ path: `${process.env['SCREENSHOTS']}/offline.png` });
  await page.context().setOffline(false);
});

test('the account page lists the browsers that are told', async () => {
  const { app, reviewer } = dashboard;
  await app.call(reviewer, 'POST', '/v1/channels', { kind: 'push', name: 'Browsers' });
  await app.call(reviewer, 'POST', '/v1/account/push', {
    name: 'Firefox on Linux',
    endpoint: 'https://push.example/one',
    p256dh: 'BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4',
    auth: 'BTBZMqHH6r4Tts7J_aSIgg',
  });
  const page = await dashboard.open('/account#push');
  await page.getByText('Firefox on Linux').waitFor();
  if (process.env['SCREENSHOTS'])
    await page.screenshot({ path: `${process.env['SCREENSHOTS']}/push.png`, fullPage: true });
  await page.getByRole('button', { name: 'Tell Firefox on Linux nothing any more' }).click();
  await page.getByText('Firefox on Linux').waitFor({ state: 'detached' });
  expect(await app.sql('select from push_subscription')).toEqual([]);
});

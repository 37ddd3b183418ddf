/** The documentation in Chromium, as the server has it: readable for everybody, nothing refused by its policy, and found by a search. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { settle, violations } from './accessibility.ts';
import { type DashboardFixture, LOOKS, sidewaysScroll, startDashboard } from './browser-fixture.ts';

let dashboard: DashboardFixture;
beforeAll(async () => {
  dashboard = await startDashboard();
});
afterAll(() => dashboard.stop());

test.each(LOOKS)('pages are accessible and fit (%s, %s)', async (theme, size) => {
  for (const path of ['/docs/', '/docs/guide/policies', '/docs/api', '/docs/api/grants']) {
    const page = await dashboard.open(path, { as: null, theme, size });
    await settle(page);
    expect(await violations(page), path).toEqual([]);
    expect(await sidewaysScroll(page), path).toBe(0);
  }
});

test('a search by keyboard leads to the passage', async () => {
  const page = await dashboard.open('/docs/', { as: null });
  await settle(page);
  await page.keyboard.press('/');
  await page.getByRole('combobox', { name: 'Search the documentation' }).fill('already_decided');
  await page.getByRole('option').first().waitFor();
  await page.keyboard.press('Enter');
  await expect.poll(() => page.url()).toMatch(/\/docs\/.+#/);
});

/** T46: what was taken out says by which rule, and shows to some by their role what it was. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type DashboardFixture, readyToDecide, startDashboard } from './browser-fixture.ts';

let dashboard: DashboardFixture;
beforeAll(async () => {
  dashboard = await startDashboard();
});
afterAll(() => dashboard.stop());

test('an owner says which fields are kept from whom; each role sees what it may, and why not', async () => {
  const settings = await dashboard.open('/settings/people?part=rules');
  await settings.getByRole('button', { name: 'Rule', exact: true }).click();
  await settings.getByLabel('Name of rule 1').fill('Pay');
  await settings.getByLabel('Fields of rule 1, with commas between them').fill('salary, bonus');
  await settings.getByRole('button', { name: 'Save the settings' }).click();
  await expect
    .poll(async () => {
      const { body } = await dashboard.app.call<{ redaction_rules: object[] }>(
        dashboard.reviewer,
        'GET',
        '/v1/settings',
      );
      return body.redaction_rules;
    })
    .toEqual([{ name: 'Pay', fields: ['salary', 'bonus'], visible_to: ['approver'] }]);

  const forged = `[redacted: Pay, 3 characters, ${'0'.repeat(24)}]`;
  const asked = await dashboard.ask({
    title: 'Raise for Ana',
    tool: 'raise',
    arguments: { person: 'Ana', salary: '87,654.00', note: forged, key: ['AKIA', 'IOSFODNN7EXAMPLE'].join('') },
  });
  const page = await dashboard.open(`/inbox/${asked.id}`);
  await readyToDecide(page, 'Raise for Ana');
  await page.getByText('87,654.00').waitFor();
  await page.getByText('rule Pay · shown to approver').waitFor();
  await page.getByText('hidden by the rule AWS access key · shown to nobody').waitFor();
  // What somebody wrote in the form of a marker is no chip of ours.
  await page.getByText(forged).waitFor();
  await page.getByText('matches').or(page.locator('.text-ok').first()).first().waitFor();

  const auditor = await dashboard.person('Aud Itor', ['auditor']);
  const other = await dashboard.open(`/inbox/${asked.id}`, { as: auditor });
  await other.getByText('hidden by the rule Pay · shown to approver').waitFor();
  expect(await other.content()).not.toContain('87,654.00');

  // The digest is of what everybody sees: the reviewer who sees more approves the same.
  await page.keyboard.press('a');
  await expect.poll(async () => (await dashboard.approval(asked.id)).status).toBe('approved');
});

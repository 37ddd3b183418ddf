/** C3, T26, B8: what a program sends is looked at by people, with their session. None of it may do anything there. */
import type { WireApproval } from '@countersign/contract';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type DashboardFixture, startDashboard } from './browser-fixture.ts';
import { HIDING, HOSTILE, PRETENDING } from './hostile-strings.ts';

let dashboard: DashboardFixture;
beforeAll(async () => {
  dashboard = await startDashboard();
});
afterAll(() => dashboard.stop());

/** Every text that fits, in turn: what a field is made of. */
const cycle = (texts: readonly string[]): (() => string) => {
  let next = 0;
  return () => texts[next++ % texts.length] ?? '';
};

/** Says, when the test ends, whatever a page did that it should not: asked another host, opened a dialog, ran our mark. */
const guard = async (page: Page): Promise<void> => {
  const faults: string[] = [];
  const { host } = new URL(dashboard.url);
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (url.host !== host && !['data:', 'blob:'].includes(url.protocol)) faults.push(`asked for ${url.href}`);
  });
  page.on('dialog', (dialog) => {
    faults.push(`opened a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('popup', (popup) => faults.push(`opened ${popup.url()}`));
  await page.addInitScript(`Object.defineProperty(window, 'hostile', { set() { console.error('HOSTILE RAN'); } })`);
  onTestFinished(() => expect(faults).toEqual([]));
};
const open = (path: string, as = dashboard.reviewer): Promise<Page> => dashboard.open(path, { as, prepare: guard });

/** In the page: what stands in it that only markup could have made, and what hides in its texts. */
const INSPECT = `(() => {
  const faults = [];
  for (const element of document.querySelectorAll('*')) {
    for (const { name, value } of element.attributes) {
      if (/^on/i.test(name)) faults.push(name + ' on ' + element.tagName);
      if (['href', 'src', 'action', 'data', 'srcset', 'poster', 'formaction', 'xlink:href', 'ping', 'background'].includes(name)
        && (/hostile/i.test(value) || /^\\s*(javascript|vbscript|data|file):/i.test(value))) faults.push(name + '=' + value);
      if (name === 'style' && /hostile|url\\(/i.test(value)) faults.push('style=' + value);
    }
    if (/^(IFRAME|OBJECT|EMBED|BASE|MARQUEE|MATH|PORTAL|FRAME|AUDIO|VIDEO|CUSTOM-ELEMENT)$/.test(element.tagName)) faults.push(element.tagName);
    if (element.tagName === 'SCRIPT' && !element.src) faults.push('inline script');
    if (element.tagName === 'META' && element.httpEquiv) faults.push('meta ' + element.httpEquiv);
  }
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const raw = /[\\u202A-\\u202E\\u2066-\\u2069\\u200B\\u200E\\u200F\\u061C\\u2060\\uFEFF\\u00AD\\u001B\\u{E0000}-\\u{E01EF}]/u.exec(node.data);
    if (raw) faults.push('hidden U+' + raw[0].codePointAt(0).toString(16) + ' in <' + node.parentElement.className.slice(0, 60) + '> ' + JSON.stringify(node.data.slice(0, 80)));
  }
  return [...new Set(faults)];
})()`;
const inspect = async (page: Page): Promise<void> => {
  await expect.poll(() => page.getByRole('status', { name: 'Loading' }).count()).toBe(0);
  expect(await page.evaluate(INSPECT)).toEqual([]);
};

test('the corpus has 600 different texts', () => {
  expect(new Set(HOSTILE).size).toBeGreaterThanOrEqual(600);
});

const CHUNK = 100;
const chunks = Array.from({ length: Math.ceil(HOSTILE.length / CHUNK) }, (_, index) =>
  HOSTILE.slice(index * CHUNK, (index + 1) * CHUNK),
);

describe('T26: 600 hostile texts', () => {
  test.each(chunks.map((texts, index) => [index + 1, texts] as const))(
    'are texts and nothing else, as values and names of arguments, and everywhere beside them (part %i)',
    async (index, texts) => {
      const next = cycle(texts);
      const short = cycle(texts.filter((text) => text.length <= 100 && !/[\n\r]/.test(text)));
      const hiding = cycle(HIDING.slice(index * 8).filter((text) => !/[\n\r]/.test(text)));
      const asked = await dashboard.ask({
        title: `${index}: ${short()}`,
        tool: 'show',
        arguments: {
          ...Object.fromEntries(texts.map((text, place) => [`value ${place}`, text])),
          names: Object.fromEntries(texts.map((text, place) => [text, place])),
          list: texts.slice(0, 20),
        },
        agent_name: hiding(),
        checkpoint: hiding(),
        explanation: next(),
        input: { [short()]: next() },
        impact: { if_approved: next(), if_rejected: next() },
        evidence: [{ label: short(), content: next(), source: short() }],
        metadata: { [short()]: next() },
      });
      for (const text of texts.slice(0, 12))
        await dashboard.app.call(dashboard.reviewer, 'POST', `/v1/approvals/${asked.id}/comments`, { body: text });
      const page = await open(`/inbox/${asked.id}`);
      await page.locator('[data-decision-bar]').waitFor();
      for (const fold of await page.locator('[data-fold]').all()) await fold.click();
      await inspect(page);
      // Nothing was lost on the way: those without anything to mark stand there to the letter.
      const plain = texts.filter((text) => /^[ -~]+$/.test(text) && !text.includes('://') && !text.includes('www.'));
      const shown: string = await page.evaluate('document.querySelector("article").textContent');
      expect(plain.filter((text) => !shown.includes(text))).toEqual([]);
      for (const tab of ['json', 'run']) {
        await page.goto(`${dashboard.url}/inbox/${asked.id}?tab=${tab}`);
        await page.locator('[data-decision-bar]').waitFor();
        await inspect(page);
      }
    },
  );

  test('are texts in an output, in the history of what was decided, and in the audit log', async () => {
    const { reviewer, app } = dashboard;
    const ended: WireApproval[] = [];
    for (const output of [HOSTILE.join('\n'), { nested: HOSTILE.slice(0, 200) }]) {
      const asked = await dashboard.ask({ title: 'Send it', output });
      const body = { decision: 'rejected', digest: asked.digest, reason: HOSTILE.slice(300, 310).join(' ') };
      expect((await app.call(reviewer, 'POST', `/v1/approvals/${asked.id}/decide`, body)).status).toBe(200);
      ended.push(asked);
    }
    for (const { id } of ended) {
      const page = await open(`/history/${id}`);
      await page.getByRole('heading', { level: 1, name: 'Send it' }).waitFor();
      for (const fold of await page.locator('[data-fold]').all()) await fold.click();
      await inspect(page);
      const entries = await app.call<{ data: { id: string }[] }>(reviewer, 'GET', `/v1/audit?subject=${id}`);
      const entry = await open(`/audit/${entries.body.data[0]?.id}`);
      await entry.getByRole('heading', { level: 1 }).waitFor();
      await inspect(entry);
    }
  });
});

describe('T26, C1: names that people and programs give to things', () => {
  const MODEL = { provider: 'openai_compatible', base_url: 'https://models.example/v1', model: 'm' };
  const POLICY = JSON.stringify({ rules: [{ name: 'nowhere', tools: ['tool_of_nobody'], outcome: 'hold' }] });
  const NAMED: Readonly<Record<string, (name: string, index: number) => object>> = {
    '/v1/agents': (name) => ({ name, config: MODEL }),
    '/v1/policies': (name) => ({ name, source: POLICY }),
    '/v1/views': (name) => ({ name, filter: { sort: 'urgency' } }),
    '/v1/members': (name, index) => ({ name, email: `named${index}@test.example`, roles: ['approver'] }),
    '/v1/invitations': (name, index) => ({ name, email: `guest${index}@test.example`, roles: ['viewer'] }),
    '/v1/api-keys': (name) => ({ name, scopes: ['approvals:create'] }),
    '/v1/groups': (name) => ({ name, members: [] }),
  };
  const name = (path: string, text: string, index: number) =>
    dashboard.app.call<{ code?: string }>(dashboard.reviewer, 'POST', path, NAMED[path]?.(text, index));

  test.each(Object.keys(NAMED))('with characters that nobody sees are refused by %s', async (path) => {
    const sample = HIDING.filter((text, index) => index % 7 === 0 && text.trim() === text);
    expect(sample.length).toBeGreaterThan(10);
    for (const [index, text] of sample.entries()) {
      const { status, body } = await name(path, text, index + 1000);
      expect([JSON.stringify(text), status, body.code]).toEqual([JSON.stringify(text), 422, 'invalid']);
    }
  });

  describe('and of any other', () => {
    beforeAll(async () => {
      const { app } = dashboard;
      const texts = HOSTILE.filter((text) => text.length <= 58 && /^[ -~]+$/.test(text) && text.trim() === text);
      let accepted = 0;
      for (const [place, path] of Object.keys(NAMED).entries())
        for (let index = 0; index < 12; index += 1) {
          const { status } = await name(path, texts[place * 12 + index] ?? '', index);
          if (status === 201) accepted += 1;
        }
      // A group's name is a word of rules; every other takes them all.
      expect(accepted).toBe((Object.keys(NAMED).length - 1) * 12);
      await app.sql('update workspace set name = $2 where id = $1', [
        app.one.id,
        '<b onclick=window.hostile=1>ours</b>',
      ]);
    });

    test.each([
      '/inbox',
      '/history',
      '/executions',
      '/agents',
      '/agents/new',
      '/policies',
      '/settings/people',
      '/settings/keys',
      '/settings/tools',
      '/audit',
      '/health',
      '/grants',
      '/account',
    ])('they are names on %s', async (path) => {
      const page = await open(path);
      await page.getByRole('heading', { level: 1 }).first().waitFor();
      await inspect(page);
      expect(await page.locator('b[onclick]').count()).toBe(0);
    });
  });
});

describe('T23, A6: words that pretend', () => {
  test.each(PRETENDING)('are in the agent’s own box, after the facts, and nowhere else: %j', async (words) => {
    const asked = await dashboard.ask({
      title: 'Pay the invoice',
      tool: 'pay',
      arguments: { amount: '129.00', to: 'DE02' },
      explanation: words,
    });
    const page = await open(`/inbox/${asked.id}`);
    await page.locator('[data-decision-bar]').waitFor();
    const section = page.locator('section', { has: page.getByRole('heading', { name: 'Agent’s explanation' }) });
    await section.getByText('written by the agent, not checked').waitFor();
    const inside: string = await section.locator('blockquote').evaluate((box) => box.textContent ?? '');
    const whole: string = await page.locator('article').evaluate((article) => article.textContent ?? '');
    const first = words.split('\n')[0] ?? '';
    expect(inside).toContain(first);
    expect(whole.split(first)).toHaveLength(2);
    const headings = await page.locator('article').getByRole('heading', { level: 2 }).allTextContents();
    const at = (name: string): number => headings.findIndex((heading) => heading.startsWith(name));
    expect(at('Arguments')).toBeGreaterThanOrEqual(0);
    expect(at('Agent’s explanation')).toBeGreaterThan(at('Arguments'));
    expect(at('Agent’s explanation')).toBeGreaterThan(at('Why you are asked'));
  });

  test('T23: a claim of more than 280 characters is folded with a counter, and one of more than 2,000 is refused', async () => {
    const claim = `${'It is fine. '.repeat(40)}The end of it.`;
    const asked = await dashboard.ask({
      title: 'Long claim',
      tool: 'pay',
      arguments: { amount: 1 },
      explanation: claim,
    });
    const page = await open(`/inbox/${asked.id}`);
    const box = page.locator('blockquote');
    await box.waitFor();
    expect(((await box.textContent()) ?? '').replace(/Show.*$/, '').length).toBeLessThanOrEqual(280);
    await box.getByRole('button', { name: /characters in all/ }).click();
    await box.getByText('The end of it.').waitFor();
    const long = { title: 'Longer', tool: 'pay', arguments: { amount: 2 }, explanation: 'x'.repeat(2001) };
    expect((await dashboard.app.call(dashboard.app.one.keys.asking, 'POST', '/v1/approvals', long)).status).toBe(422);
  });
});

describe('B8: a scanner with a browser, and nobody’s session', () => {
  test(
    'opens the link, runs its scripts, clicks and fills everything, and decides nothing',
    { timeout: 180_000 },
    async () => {
      const asked = await dashboard.ask({ title: 'Wire it', tool: 'wire', arguments: { amount: 1 }, priority: 'low' });
      const link = `${dashboard.url}/inbox/${asked.id}`;
      for (const headers of [{}, { 'sec-purpose': 'prefetch;prerender', purpose: 'prefetch' }]) {
        const page = await dashboard.open(link, {
          as: null,
          expectedErrors: /./,
          prepare: (fresh) => fresh.setExtraHTTPHeaders(headers),
        });
        await page.waitForLoadState('networkidle');
        const targets = 'a, button, input, select, textarea, summary, [role=button], [role=link], [tabindex], form';
        for (let index = 0; index < 60; index += 1) {
          const count = await page.locator(targets).count();
          if (index >= count) break;
          const target = page.locator(targets).nth(index);
          await target.click({ timeout: 500, force: true, noWaitAfter: true }).catch(() => undefined);
          await target.fill('scanner@mail.example', { timeout: 200 }).catch(() => undefined);
          await page.keyboard.press('Enter');
          if (!page.url().startsWith(link)) await page.goto(link);
        }
        // Every form sent, every shortcut of the reviewers pressed.
        await page.evaluate('for (const form of document.forms) try { form.requestSubmit() } catch {}');
        for (const key of ['a', 'r', 'e', 'x', 'Enter', 'y', 'Control+Enter']) await page.keyboard.press(key);
        // And what a script on the page could try by itself.
        const statuses = await page.evaluate(`Promise.all(['decide', 'cancel', 'claim', 'revoke'].map((verb) =>
        fetch('/v1/approvals/${asked.id}/' + verb, { method: 'POST', headers: { 'content-type': 'application/json',
          'idempotency-key': crypto.randomUUID() }, body: JSON.stringify({ decision: 'approved', digest: '${asked.digest}' }) })
          .then((answer) => answer.status)))`);
        expect(statuses).toEqual([401, 401, 401, 401]);
      }
      expect((await dashboard.approval(asked.id)).status).toBe('pending');
      expect(await dashboard.app.sql('select from vote where approval_id = $1', [asked.id])).toHaveLength(0);
    },
  );
});

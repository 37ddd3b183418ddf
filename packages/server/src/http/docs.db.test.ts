/** The documentation, as the server has it. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestApp, startTestServer } from '../testing/index.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestServer();
});
afterAll(() => app.stop());

const get = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(app.url + path, { redirect: 'manual', headers });

describe('the documentation', () => {
  test('is there for everybody, without a credential', async () => {
    for (const path of [
      '/docs/',
      '/docs/guide/policies',
      '/docs/guide/policies.html',
      '/docs/api',
      '/docs/frameworks/',
    ]) {
      const response = await get(path);
      expect(response.status, path).toBe(200);
      expect(response.headers.get('content-type'), path).toBe('text/html; charset=utf-8');
      expect(await response.text(), path).toContain('<main id="main">');
    }
  });

  test('has a slash after its name, without which its links would lead elsewhere', async () => {
    const response = await get('/docs');
    expect([response.status, response.headers.get('location')]).toEqual([308, '/docs/']);
  });

  test('is fetched anew only where it has changed', async () => {
    const first = await get('/docs/search.json');
    await first.body?.cancel();
    const again = await get('/docs/search.json', { 'if-none-match': first.headers.get('etag') ?? '' });
    expect([first.headers.get('cache-control'), again.status]).toEqual(['no-cache', 304]);
  });

  test('says where a page is not, and gives out nothing beside it', async () => {
    for (const path of ['/docs/nothing', '/docs/..%2f..%2fpackage.json', '/docs/.inputs']) {
      const response = await get(path);
      await response.body?.cancel();
      expect(response.status, path).toBe(404);
    }
  });

  test('explains each problem where its type leads to', async () => {
    const { type } = (await (await get('/v1/approvals')).json()) as { type: string };
    const [path = '', anchor = ''] = type.split('#');
    expect(await (await get(path)).text()).toContain(`id="${anchor}"`);
  });
});

/** The whole site: every link leads somewhere, nothing comes from elsewhere, no page is lost, and examples are right. */
import { posix } from 'node:path';
import { type Route, routes } from '@countersign/contract';
import { beforeAll, describe, expect, it } from 'vitest';
import { readApi } from './api/document.ts';
import { answerExample, createSnippets, exampleFor, pathExample } from './api/snippets.ts';
import { type BuiltSite, buildSite } from './build.ts';
import { readSources } from './sources.ts';

let site: BuiltSite;
let pages: [string, string][];

beforeAll(async () => {
  site = await buildSite({ dashboard: '/' });
  pages = [...site.files].flatMap(([path, content]): [string, string][] =>
    path.endsWith('.html') ? [[path, String(content)]] : [],
  );
});

const anchorsIn = (page: string): Set<string> => new Set([...page.matchAll(/ id="([^"]+)"/g)].map(([, id = '']) => id));

describe('the site', () => {
  it('has no text with a link that leads nowhere', () => {
    expect(site.broken).toEqual([]);
  });

  it('has no link to a page, a heading or a file that it has not', () => {
    const anchors = new Map(pages.map(([path, page]) => [path, anchorsIn(page)]));
    const lost = pages.flatMap(([path, page]) =>
      [...page.matchAll(/ (?:href|src)="([^"]*)"/g)].flatMap(([, link = '']) => {
        if (/^(https?:|mailto:)/.test(link) || link === '/') return [];
        const [target = '', anchor] = link.split('#');
        const file = target === '' ? path : posix.join(posix.dirname(path), target);
        const isThere =
          site.files.has(file) && (!anchor || anchors.get(file)?.has(decodeURIComponent(anchor)) === true);
        return isThere ? [] : [`${path}: ${link}`];
      }),
    );
    expect(lost).toEqual([]);
  });

  it('has each heading of a page under an anchor of its own', () => {
    const twice = pages.flatMap(([path, page]) => {
      const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id = '']) => id);
      return ids.filter((id, place) => ids.indexOf(id) !== place).map((id) => `${path}: ${id}`);
    });
    expect(twice).toEqual([]);
  });

  it('has nothing inline that its policy would refuse, and loads nothing from elsewhere', () => {
    for (const [path, page] of pages) {
      const tags = (page.match(/<[a-z][^>]*>/g) ?? []).join('\n');
      const inline = /<script(?![^>]*\bsrc=)|<style|<[^>]*\s(?:style|on\w+)=/.exec(tags);
      expect(inline?.[0], path).toBeUndefined();
      expect(/<(?:script|link|img|iframe)[^>]*(?:src|href)="(?:https?:)?\/\//.exec(tags)?.[0], path).toBeUndefined();
    }
    for (const [path, content] of site.files)
      if (/\.(css|js)$/.test(path))
        expect(String(content), path).not.toMatch(
          /url\(['"]?(?:https?:)?\/\/|import\(['"]https?:|\beval\(|new Function|innerHTML/,
        );
  });

  it('has each text, and leads to it', () => {
    const linked = new Set(
      pages.flatMap(([from, page]) =>
        [...page.matchAll(/ href="([^"#]+)/g)].map(([, link = '']) => posix.join(posix.dirname(from), link)),
      ),
    );
    const lost = [...readSources().values()].filter(
      ({ path }) => !site.files.has(`${path}.html`) || !linked.has(`${path}.html`),
    );
    expect(lost.map(({ file }) => file)).toEqual([]);
  });

  it('finds by its index what pages say, and only addresses that are there', () => {
    const documents = JSON.parse(String(site.files.get('search.json'))) as { at: string; title: string }[];
    expect(documents.length).toBeGreaterThan(500);
    expect(documents.filter(({ at }) => !site.files.has(at.split('#')[0] ?? ''))).toEqual([]);
  });
});

describe('the API reference', () => {
  const api = readApi();

  type Checked = { readonly error?: { readonly issues: readonly unknown[] } | undefined } | undefined;
  const wrong = (name: string, example: unknown, checked: Checked): string[] =>
    (checked?.error?.issues ?? []).map((issue) => `${name}: ${JSON.stringify(issue)} in ${JSON.stringify(example)}`);

  it('shows a right body and query for every operation', () => {
    const found = api.operations.flatMap((operation) => {
      const route: Route = routes[operation.name];
      const { body, query } = exampleFor(api, operation);
      const texts = Object.fromEntries(Object.entries(query).map(([name, value]) => [name, String(value)]));
      return [
        ...wrong(operation.name, body, route.body?.safeParse(body)),
        ...wrong(operation.name, texts, route.query?.safeParse(texts)),
      ];
    });
    expect(found).toEqual([]);
  });

  it('shows answers that their schemas describe', () => {
    const found = api.operations.flatMap((operation) => {
      const route: Route = routes[operation.name];
      const example = answerExample(api, operation);
      return example === undefined ? [] : wrong(operation.name, example, route.response?.safeParse(example));
    });
    expect(found).toEqual([]);
  });

  it('has an example in each language for what a program may call', async () => {
    const snippets = await createSnippets(api);
    for (const operation of api.operations) {
      const isForPeople = operation.route.person === true || ['session', 'public'].includes(operation.route.permission);
      expect(snippets(operation).length, operation.name).toBe(isForPeople ? 1 : 3);
      expect(Object.keys(pathExample(operation.path)).length).toBe(operation.path.split('{').length - 1);
    }
  });
});

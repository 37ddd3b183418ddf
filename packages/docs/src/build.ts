/** Makes the whole site: every page, and what pages load. No file of it asks anything of another host. */
import { readFileSync } from 'node:fs';
import { createRequire, stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { type ApiPage, apiPages } from './api/pages.ts';
import { readApi, tagPath } from './api/document.ts';
import { html } from './html.ts';
import { type Page, type Site, layout } from './layout.ts';
import { relativeLink } from './links.ts';
import { type Rendered, renderMarkdown } from './markdown.ts';
import { type Section, readNavigation } from './navigation.ts';
import { searchDocuments } from './search-documents.ts';
import { CONTENTS, ROOT, type Source, readSources } from './sources.ts';

export type SiteOptions = {
  /** Address of the dashboard on the same host, or null where the site stands alone. */
  readonly dashboard: string | null;
};

export type BuiltSite = {
  /** By path in the site: `guide/policies.html`. */
  readonly files: ReadonlyMap<string, string | Buffer>;
  /** Links of the texts that lead nowhere, as `file: link`. */
  readonly broken: readonly string[];
};

const OWN = join(import.meta.dirname, '..');
const require = createRequire(import.meta.url);

/** The same fonts and colours as the dashboard's, under names that its style sheet can count on. */
const FONTS: Readonly<Record<string, string>> = {
  'sans-latin.woff2':
    '@fontsource-variable/atkinson-hyperlegible-next/files/atkinson-hyperlegible-next-latin-wght-normal.woff2',
  'sans-latin-ext.woff2':
    '@fontsource-variable/atkinson-hyperlegible-next/files/atkinson-hyperlegible-next-latin-ext-wght-normal.woff2',
  'mono-latin.woff2': '@fontsource-variable/jetbrains-mono/files/jetbrains-mono-latin-wght-normal.woff2',
  'mono-latin-ext.woff2': '@fontsource-variable/jetbrains-mono/files/jetbrains-mono-latin-ext-wght-normal.woff2',
};

const script = (name: string): string =>
  stripTypeScriptTypes(readFileSync(join(OWN, 'client', `${name}.ts`), 'utf8'))
    .replaceAll(".ts'", ".js'")
    .replaceAll("'minisearch'", "'./minisearch.js'");

const assets = (): [string, string | Buffer][] => [
  ...Object.entries(FONTS).map(([name, from]): [string, Buffer] => [
    `assets/${name}`,
    readFileSync(require.resolve(from)),
  ]),
  [
    'assets/site.css',
    readFileSync(join(ROOT, 'packages/dashboard/src/styles/tokens.css'), 'utf8') +
      ['base', 'text', 'api'].map((name) => readFileSync(join(OWN, 'style', `${name}.css`), 'utf8')).join(''),
  ],
  ['assets/theme.js', readFileSync(join(ROOT, 'packages/dashboard/public/theme.js'))],
  ['assets/favicon.svg', readFileSync(join(ROOT, 'packages/dashboard/public/favicon.svg'))],
  [
    'assets/minisearch.js',
    readFileSync(require.resolve('minisearch').replace(/cjs.index\.cjs$/, 'es/index.js'), 'utf8').replace(
      /\n\/\/# sourceMappingURL=.*\s*$/,
      '\n',
    ),
  ],
  ...['site', 'search'].map((name): [string, string] => [`assets/${name}.js`, script(name)]),
];

/** The first page's lists of pages, as cards. */
const home = (source: Source, rendered: Rendered, sections: readonly Section[]): Page => {
  const lead = /^# .+\n+([\s\S]+?)\n\n/m.exec(source.text)?.[1]?.replaceAll('\n', ' ') ?? '';
  const body = html`<div class="hero">
      <h1>${rendered.title}</h1>
      <p class="lead">${lead}</p>
      <pre class="start" tabindex="0"><code>npm install &amp;&amp; npm start</code></pre>
    </div>
    ${sections.map(
      ({ title, entries }) =>
        html`<section class="group">
          <h2>${title}</h2>
          <ul class="cards">
            ${entries.map(
              ({ title: name, path, description }) =>
                html`<li>
                  <a href="${relativeLink('index', path)}">${name}</a
                  >${description ? html`<span>${description}</span>` : ''}
                </li>`,
            )}
          </ul>
        </section>`,
    )}`;
  return { path: 'index', title: rendered.title, body, headings: [], kind: 'home' };
};

/** Decisions are many, and read by who asks why: one page lists them. */
const decisions = (sources: ReadonlyMap<string, Source>, titles: ReadonlyMap<string, string>): Page => {
  const records = [...sources.values()].filter(({ path }) => path.startsWith('decisions/'));
  const body = html`<h1>Decisions</h1>
    <p class="lead">What was hard to decide: what was chosen, why, what follows, and what was refused.</p>
    <ul class="plain">
      ${records.map(({ path }) => html`<li><a href="${relativeLink('decisions/index', path)}">${titles.get(path) ?? path}</a></li>`)}
    </ul>`;
  return { path: 'decisions/index', title: 'Decisions', body, headings: [], kind: 'text' };
};

export const buildSite = async ({ dashboard }: SiteOptions): Promise<BuiltSite> => {
  const sources = readSources();
  const api = readApi();
  const reference = {
    title: 'API reference',
    entries: [
      { title: 'Overview', path: 'api', description: 'Keys, ids, lists, problems: what holds for every call' },
      ...api.tags.map((tag) => ({ title: tag, path: tagPath(tag), description: '' })),
    ],
  };
  const listed = readNavigation(sources);
  const site: Site = { sections: [...listed, reference], dashboard };
  const rendered = [...sources.values()].map((source) => ({ source, ...renderMarkdown(sources, source) }));
  const contents = rendered.find(({ source }) => source.file === CONTENTS);
  const texts = rendered.filter(({ source }) => source.file !== CONTENTS);
  const apis: readonly ApiPage[] = await apiPages(api);
  const pages: Page[] = [
    ...(contents ? [home(contents.source, contents, [...listed, reference])] : []),
    ...texts.map(({ source, title, body, headings }): Page => ({
      path: source.path,
      title,
      body,
      headings,
      kind: 'text',
    })),
    decisions(sources, new Map(texts.map(({ source, title }) => [source.path, title]))),
    ...apis.map((page): Page => ({ ...page, kind: 'api' })),
  ];
  const search = searchDocuments([
    ...texts.map(({ source, title, passages }) => ({ path: source.path, title, passages })),
    ...apis,
  ]);
  return {
    files: new Map<string, string | Buffer>([
      ...pages.map((page): [string, string] => [`${page.path}.html`, layout(site, page)]),
      ['search.json', JSON.stringify(search)],
      ...assets(),
    ]),
    broken: rendered.flatMap(({ source, broken }) => broken.map((link) => `${source.file}: ${link}`)),
  };
};

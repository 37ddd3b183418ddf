/** What surrounds a page's own content: head, bar, navigation, contents of the page, the way on. */
import type { Heading } from './markdown.ts';
import { type Html, html, raw } from './html.ts';
import { relativeLink } from './links.ts';
import type { Entry, Section } from './navigation.ts';

export type Page = {
  readonly path: string;
  readonly title: string;
  readonly body: Html;
  readonly headings: readonly Heading[];
  readonly kind: 'home' | 'text' | 'api';
};

export type Site = {
  readonly sections: readonly Section[];
  /** Address of the dashboard, where a server has both. */
  readonly dashboard: string | null;
};

/** The server says the same in a header; the page says it where it is hosted by something else. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; form-action 'none'; base-uri 'none'; require-trusted-types-for 'script'";

const MARK = raw(
  '<svg class="mark" viewBox="0 0 32 32" aria-hidden="true"><rect width="32" height="32" rx="7"/><path d="M16 6l8 3v6.5c0 5-3.4 8.6-8 10.5-4.6-1.9-8-5.5-8-10.5V9z"/><path d="M12.3 15.8l2.7 2.7 5-5.3"/></svg>',
);
const ICON = (path: string): Html => raw(`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">${path}</svg>`);
const SEARCH = ICON('<circle cx="11" cy="11" r="7"/><path d="m20 20-4-4"/>');
const MENU = ICON('<path d="M4 7h16M4 12h16M4 17h16"/>');
const THEME = ICON('<circle cx="12" cy="12" r="8"/><path class="half" d="M12 4a8 8 0 0 1 0 16z"/>');

const asset = (page: Page, name: string): string => {
  const up = page.path.split('/').length - 1;
  return `${'../'.repeat(up)}assets/${name}`;
};

const navigation = ({ sections }: Site, page: Page): Html =>
  html`<nav class="pages" id="pages" popover aria-label="Pages">
    ${sections.map(
      ({ title, entries }) =>
        html`<h2>${title}</h2>
          <ul>
            ${entries.map(
              (entry) =>
                html`<li>
                  <a
                    href="${relativeLink(page.path, entry.path)}"
                    ${entry.path === page.path ? raw(' aria-current="page"') : ''}
                    >${entry.title}</a
                  >
                </li>`,
            )}
          </ul>`,
    )}
  </nav>`;

const contents = ({ headings }: Page): Html | '' => {
  const shown = headings.filter(({ level }) => level === 2 || level === 3);
  return shown.length < 2
    ? ''
    : html`<nav class="contents" aria-label="On this page">
        <h2>On this page</h2>
        <ul>
          ${shown.map(
            ({ level, title, anchor }) => html`<li data-level="${level}"><a href="#${anchor}">${title}</a></li>`,
          )}
        </ul>
      </nav>`;
};

const wayOn = ({ sections }: Site, page: Page): Html | '' => {
  const order = sections.flatMap(({ entries }) => entries);
  const at = order.findIndex(({ path }) => path === page.path);
  const step = (entry: Entry | undefined, label: string, rel: string): Html | '' =>
    entry
      ? html`<a rel="${rel}" href="${relativeLink(page.path, entry.path)}"><span>${label}</span>${entry.title}</a>`
      : '';
  if (at === -1) return '';
  return html`<nav class="way-on" aria-label="Next pages">
    ${step(order[at - 1], 'Before', 'prev')}${step(order[at + 1], 'Next', 'next')}
  </nav>`;
};

const sectionOf = ({ sections }: Site, page: Page): string =>
  sections.find(({ entries }) => entries.some(({ path }) => path === page.path))?.title ?? '';

export const layout = (site: Site, page: Page): string => {
  const section = sectionOf(site, page);
  const head = page.kind === 'home' ? 'Countersign documentation' : `${page.title} · Countersign`;
  return html`<!doctype html>
    <html lang="en" data-root="${'../'.repeat(page.path.split('/').length - 1) || './'}">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${POLICY}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="referrer" content="no-referrer" />
        <title>${head}</title>
        <link rel="icon" href="${asset(page, 'favicon.svg')}" />
        <link rel="preload" as="font" type="font/woff2" crossorigin href="${asset(page, 'sans-latin.woff2')}" />
        <script src="${asset(page, 'theme.js')}"></script>
        <link rel="stylesheet" href="${asset(page, 'site.css')}" />
        <script type="module" src="${asset(page, 'site.js')}"></script>
      </head>
      <body class="${page.kind}">
        <a class="skip" href="#main">Skip to the text</a>
        <header class="bar">
          <button class="menu" type="button" popovertarget="pages" aria-label="Pages">${MENU}</button>
          <a class="home" href="${relativeLink(page.path, 'index')}"
            >${MARK}<span>Countersign</span> <span class="sub">docs</span></a
          >
          <button class="search" type="button" data-search hidden aria-label="Search">
            ${SEARCH}<span>Search</span><kbd>/</kbd>
          </button>
          <button class="theme" type="button" data-theme-button hidden aria-label="Light or dark">${THEME}</button>
          ${site.dashboard === null ? '' : html`<a class="dashboard" href="${site.dashboard}">Dashboard</a>`}
        </header>
        <div class="frame">
          ${navigation(site, page)}
          <main id="main">
            ${section && page.kind !== 'home' ? html`<p class="section">${section}</p>` : ''}
            <article>${page.body}</article>
            ${wayOn(site, page)}
          </main>
          ${page.kind === 'api' && page.path !== 'api' ? '' : contents(page)}
        </div>
      </body>
    </html> `.text;
};

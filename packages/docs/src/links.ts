/** Links between the texts of the repository, as links between pages. */
import { existsSync } from 'node:fs';
import { join, posix } from 'node:path';
import { ROOT, type Source } from './sources.ts';

/** From one page to another: relative, so that the site works under any address, and from a folder. */
export const relativeLink = (from: string, to: string): string => {
  const link = posix.relative(posix.dirname(from), `${to}.html`);
  return link === '' ? `${posix.basename(to)}.html` : link;
};

export type Target = { readonly href: string } | { readonly repository: string } | { readonly broken: string };

/** Files that are no pages, and what says the same. */
const STANDS_FOR: Readonly<Record<string, string>> = { 'README.md': 'index', 'openapi.json': 'api' };
/** Folders, and the page that leads into them. */
const FOLDER_PAGES: Readonly<Record<string, string>> = {
  'docs/adr': 'decisions/index',
  'docs/spec': 'spec/approval',
  docs: 'index',
};

/** @param link as it stands in the source; @returns where it leads from that source's page */
export const resolveLink = (sources: ReadonlyMap<string, Source>, source: Source, link: string): Target => {
  if (/^(https?:|mailto:)/.test(link)) return { href: link };
  if (/^[a-z]+:/i.test(link)) return { broken: link };
  const [target = '', anchor] = link.split('#');
  const hash = anchor === undefined ? '' : `#${anchor}`;
  if (target === '') return { href: hash };
  const file = posix.join(posix.dirname(source.file), target).replace(/\/$/, '');
  const path = sources.get(file)?.path ?? STANDS_FOR[file] ?? FOLDER_PAGES[file];
  if (path !== undefined) return { href: `${relativeLink(source.path, path)}${hash}` };
  return existsSync(join(ROOT, file)) ? { repository: file } : { broken: link };
};

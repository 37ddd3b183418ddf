/** A text in Markdown as the inside of a page, with what the page needs to know about it. */
import MarkdownIt, { type Token } from 'markdown-it';
import { codeBlock } from './highlight.ts';
import { type Html, escape, raw } from './html.ts';
import { resolveLink } from './links.ts';
import { createSlugs } from './slug.ts';
import type { Source } from './sources.ts';

export type Heading = { readonly level: number; readonly title: string; readonly anchor: string };

/** A heading and the words below it, for the search. */
export type Passage = { readonly anchor: string; readonly title: string; readonly text: string };

export type Rendered = {
  readonly title: string;
  readonly body: Html;
  readonly headings: readonly Heading[];
  readonly passages: readonly Passage[];
  /** Links that lead nowhere. */
  readonly broken: readonly string[];
};

/** The only HTML that stands in our texts: an anchor set by hand. Comments are left out, all else is shown as it is written. */
const ANCHOR = /^<a id="[\w-]+">$|^<\/a>$/;
const ownHtml = (text: string): string => {
  const trimmed = text.trim();
  if (ANCHOR.test(trimmed)) return trimmed;
  return trimmed.startsWith('<!--') ? '' : escape(text);
};

const wordsOf = (token: Token): string =>
  (token.children ?? [])
    .map(({ type, content }) => (type === 'text' || type === 'code_inline' ? content : type === 'softbreak' ? ' ' : ''))
    .join('');

const markdown = new MarkdownIt({ html: true, linkify: false, typographer: false });
const { rules } = markdown.renderer;
rules.html_block = (tokens, index) => ownHtml(tokens[index]?.content ?? '');
rules.html_inline = rules.html_block;
rules.fence = (tokens, index) => {
  const { content = '', info = '' } = tokens[index] ?? {};
  return codeBlock(content, info.trim().split(/\s+/)[0] ?? '').text;
};
rules.code_block = (tokens, index) => codeBlock(tokens[index]?.content ?? '', 'text').text;
// A wide table scrolls by itself, and by the keyboard too.
rules.table_open = () => '<div class="table" tabindex="0" role="group" aria-label="Table"><table>';
rules.table_close = () => '</table></div>';

const passagesOf = (tokens: readonly Token[], anchors: ReadonlyMap<Token, Heading>): Passage[] => {
  const passages: { anchor: string; title: string; words: string[] }[] = [];
  for (const [index, token] of tokens.entries()) {
    const heading = anchors.get(token);
    if (heading) passages.push({ anchor: heading.level === 1 ? '' : heading.anchor, title: heading.title, words: [] });
    else if (token.type === 'inline' && tokens[index - 1]?.type !== 'heading_open')
      passages.at(-1)?.words.push(wordsOf(token));
    else if (token.type === 'fence') passages.at(-1)?.words.push(token.content);
  }
  return passages.map(({ words, ...rest }) => ({ ...rest, text: words.join(' ').replaceAll(/\s+/g, ' ').trim() }));
};

export const renderMarkdown = (sources: ReadonlyMap<string, Source>, source: Source): Rendered => {
  const slugs = createSlugs();
  const tokens = markdown.parse(source.text, {});
  const anchors = new Map<Token, Heading>();
  const broken: string[] = [];
  for (const [index, token] of tokens.entries()) {
    const inline = tokens[index + 1];
    if (token.type === 'heading_open' && inline) {
      const title = wordsOf(inline);
      const heading = { level: Number(token.tag.slice(1)), title, anchor: slugs(title) };
      anchors.set(token, heading);
      token.attrSet('id', heading.anchor);
    }
    // The pages' policy refuses styles in place, by which columns are aligned.
    const style = token.attrGet('style');
    if (style !== null) token.attrs = [['class', String(style).replace('text-align:', '')]];
    for (const child of token.children ?? []) if (child.type === 'link_open') aim(sources, source, child, broken);
  }
  const headings = [...anchors.values()];
  return {
    title: headings.find(({ level }) => level === 1)?.title ?? source.file,
    body: raw(markdown.renderer.render(tokens, markdown.options, {})),
    headings: headings.filter(({ level }) => level > 1),
    passages: passagesOf(tokens, anchors),
    broken,
  };
};

/** Gives a link its address in the site; one to a file that is no page says where in the repository it is. */
const aim = (sources: ReadonlyMap<string, Source>, source: Source, link: Token, broken: string[]): void => {
  const href = String(link.attrGet('href') ?? '');
  const target = resolveLink(sources, source, href);
  if ('href' in target) {
    link.attrSet('href', target.href);
    if (/^https?:/.test(target.href)) link.attrSet('rel', 'noreferrer');
    return;
  }
  if ('broken' in target) broken.push(target.broken);
  // A page for everybody has no address for what only the repository holds.
  link.attrs = null;
  link.attrSet('class', 'in-repository');
  link.attrSet('title', `In the repository: ${'repository' in target ? target.repository : href}`);
};

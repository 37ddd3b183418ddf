/** What the search looks through: each page's passages, a heading and its words each. */
import type { SearchDocument } from '../client/search-document.ts';
import type { Passage } from './markdown.ts';

/** Of one passage; the rest is on the page. */
const TEXT_MAX = 1200;

export const searchDocuments = (
  pages: readonly { readonly path: string; readonly title: string; readonly passages: readonly Passage[] }[],
): SearchDocument[] =>
  pages
    .flatMap(({ path, title: page, passages }) =>
      passages.map(({ anchor, title, text }) => ({
        at: `${path}.html${anchor === '' ? '' : `#${anchor}`}`,
        title,
        page,
        text: text.slice(0, TEXT_MAX),
      })),
    )
    .map((document, id) => ({ id, ...document }));

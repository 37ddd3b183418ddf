/** Numbered pages, which the published APIs list by. */

/** Far beyond what anybody turns to, and well within what the database counts with. */
const PAGE_MAX = 1_000_000;

export type NumberedPage = { readonly page: number; readonly size: number };

const wholeNumber = (text: string | undefined, fallback: number, max: number): number => {
  const number = text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : 0;
  return number >= 1 && number <= max ? number : fallback;
};

/** What can not be meant falls back, as in the systems that these lists are those of: a page to the first, a size to the usual. */
export const numberedPage = (
  query: Readonly<Record<string, string>>,
  names: { readonly size: string; readonly usual: number; readonly max: number },
): NumberedPage => ({
  page: wholeNumber(query['page'], 1, PAGE_MAX),
  size: wholeNumber(query[names.size], names.usual, names.max),
});

/** No page is the last of nothing: an empty list has none. */
export const pageCount = (total: number, { size }: NumberedPage): number => Math.ceil(total / size);

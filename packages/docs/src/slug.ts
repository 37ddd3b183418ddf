/** Anchors of headings, as GitHub makes them, so that one link works there and here. */

const slugOf = (title: string): string =>
  title
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .trim()
    .replaceAll(' ', '-');

/** @returns makes the anchors of one page; a heading that occurs again gets a number */
export const createSlugs = (): ((title: string) => string) => {
  const seen = new Map<string, number>();
  return (title) => {
    const slug = slugOf(title) || 'section';
    const count = seen.get(slug) ?? 0;
    seen.set(slug, count + 1);
    return count === 0 ? slug : `${slug}-${count}`;
  };
};

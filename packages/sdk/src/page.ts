type Page<T> = { readonly data: readonly T[]; readonly next_cursor: string | null };

/** Every item of a list, page after page; the next page is asked for when it is needed. */
export async function* eachItem<T>(
  load: (cursor: { cursor?: string }) => Promise<Page<T>>,
): AsyncGenerator<T, void, undefined> {
  let cursor: string | null = null;
  do {
    const page: Page<T> = await load(cursor === null ? {} : { cursor });
    yield* page.data;
    cursor = page.next_cursor;
  } while (cursor !== null);
}

/** One passage of the site, as the index has it. */
export type SearchDocument = {
  readonly id: number;
  /** Address from the site's root, with the anchor. */ readonly at: string;
  readonly title: string;
  readonly page: string;
  readonly text: string;
};

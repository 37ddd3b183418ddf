/** What stands beside each other in the Studio, as it is written in the address: conversations, and agents to begin one with. */

export type Column =
  | { readonly kind: 'conversation'; readonly id: string }
  /** Without a version: whichever is current when something is said. */
  | { readonly kind: 'agent'; readonly id: string; readonly version: number | null };

/** More do not fit beside each other so that one can read them. */
export const COLUMNS_MAX = 3;

const CONVERSATION = /^cnv_[0-9A-Za-z]{27}$/;
const AGENT = /^(agt_[0-9A-Za-z]{27})(?:@(\d{1,6}))?$/;

const readColumn = (text: string): readonly Column[] => {
  if (CONVERSATION.test(text)) return [{ kind: 'conversation', id: text }];
  const [, id, version] = AGENT.exec(text) ?? [];
  return id === undefined ? [] : [{ kind: 'agent', id, version: version === undefined ? null : Number(version) }];
};

export const readColumns = (open: string | undefined): readonly Column[] =>
  (open ?? '')
    .split(',')
    .flatMap((part) => readColumn(part))
    .slice(0, COLUMNS_MAX);

export const columnName = (column: Column): string =>
  column.kind === 'agent' && column.version !== null ? `${column.id}@${column.version}` : column.id;

/** @returns undefined where nothing is open */
export const writeColumns = (columns: readonly Column[]): string | undefined =>
  columns.length === 0 ? undefined : columns.map(columnName).join(',');

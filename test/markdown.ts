/** Markdown, as far as the tests of the documents need it. */

export type Block = {
  readonly language: string;
  /** What stands after the language: the schema of JSON, or `no-run:` and why. */ readonly info: string;
  readonly text: string;
  /** Of the first line of its text, from 1. */ readonly line: number;
};

/** The fenced blocks of a document, in order. */
export const blocksOf = (markdown: string): Block[] => {
  const blocks: Block[] = [];
  let open: { language: string; info: string; line: number; lines: string[] } | undefined;
  for (const [index, line] of markdown.split('\n').entries()) {
    const fence = /^```(\S*)\s*(.*)$/.exec(line);
    if (!fence) open?.lines.push(line);
    else if (open) {
      blocks.push({ language: open.language, info: open.info, text: open.lines.join('\n'), line: open.line });
      open = undefined;
    } else open = { language: fence[1] ?? '', info: fence[2] ?? '', line: index + 2, lines: [] };
  }
  return blocks;
};

/** Why a block is not run, where it says so. */
export const notRun = ({ info }: Block): string | undefined => /^no-run: (.+)$/.exec(info)?.[1];

/** What is outside of fenced blocks, with the same lines. */
export const proseOf = (markdown: string): string => {
  let isInside = false;
  return markdown
    .split('\n')
    .map((line) => {
      const isFence = line.startsWith('```');
      if (isFence) isInside = !isInside;
      return isInside || isFence ? '' : line;
    })
    .join('\n');
};

/** Anchors of a document's headings, and those that are set by hand, as GitHub makes them. */
export const anchorsOf = (markdown: string): Set<string> =>
  new Set([
    ...[...proseOf(markdown).matchAll(/^#{1,6} (.+)$/gm)].map(([, title = '']) =>
      title
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .trim()
        .replaceAll(' ', '-'),
    ),
    ...[...markdown.matchAll(/<a id="([^"]+)">/g)].map(([, id = '']) => id),
  ]);

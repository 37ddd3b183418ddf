/** HTML as text. What is put into a template is escaped, unless it is HTML already. */

export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
  toString(): string {
    return this.text;
  }
}

export type Part = Html | string | number | null | undefined | false | readonly Part[];

export const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

const textOf = (part: Part): string => {
  if (part === null || part === undefined || part === false) return '';
  if (part instanceof Html) return part.text;
  if (typeof part === 'string') return escape(part);
  return typeof part === 'number' ? String(part) : part.map(textOf).join('');
};

export const html = (strings: TemplateStringsArray, ...parts: readonly Part[]): Html =>
  new Html(strings.reduce((all, text, index) => `${all}${textOf(parts[index - 1])}${text}`));

/** Text of ours that is HTML already. */
export const raw = (text: string): Html => new Html(text);

/** A sentence with `code` in it, as the contract's descriptions have. */
export const prose = (text: string): Html =>
  new Html(
    text
      .split(/(`[^`]+`)/)
      .map((part) =>
        part.startsWith('`') && part.length > 2 ? `<code>${escape(part.slice(1, -1))}</code>` : escape(part),
      )
      .join(''),
  );

/** HTML of our own templates. What comes from elsewhere goes in as text, and in no other way. */

export type Html = { readonly html: string };

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escape = (text: string): string => text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? '');

type Part = string | Html | null | readonly Html[];
const written = (part: Part): string => {
  if (part === null) return '';
  if (typeof part === 'string') return escape(part);
  return 'html' in part ? part.html : part.map(({ html }) => html).join('');
};

/** A template: every value is escaped, unless it is made by this very function. */
export const html = (strings: TemplateStringsArray, ...parts: readonly Part[]): Html => ({
  html: strings.map((text, index) => text + (index < parts.length ? written(parts[index] ?? null) : '')).join(''),
});

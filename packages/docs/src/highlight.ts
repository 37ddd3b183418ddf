/** Colours in code, put in when the site is made: classes, since the pages' policy allows no inline style. */
import { createRequire } from 'node:module';
import { type Html, escape, html, raw } from './html.ts';

/** As much of it as is used. Its own types want the browser's, for every file that is checked with them. */
type Highlighter = {
  readonly registerLanguage: (name: string, grammar: unknown) => void;
  readonly highlight: (
    code: string,
    options: { readonly language: string; readonly ignoreIllegals: boolean },
  ) => { readonly value: string };
};

const require = createRequire(import.meta.url);
const highlighter = require('highlight.js/lib/core') as Highlighter;

const GRAMMARS = ['bash', 'dockerfile', 'http', 'ini', 'json', 'python', 'sql', 'typescript', 'xml', 'yaml'] as const;
for (const name of GRAMMARS) highlighter.registerLanguage(name, require(`highlight.js/lib/languages/${name}`));

type Language = { readonly grammar: (typeof GRAMMARS)[number] | null; readonly label: string };

/** By the first word after the fence. */
const LANGUAGES: Readonly<Record<string, Language>> = {
  sh: { grammar: 'bash', label: 'Shell' },
  console: { grammar: 'bash', label: 'Terminal' },
  ts: { grammar: 'typescript', label: 'TypeScript' },
  typescript: { grammar: 'typescript', label: 'TypeScript' },
  js: { grammar: 'typescript', label: 'JavaScript' },
  python: { grammar: 'python', label: 'Python' },
  yaml: { grammar: 'yaml', label: 'YAML' },
  json: { grammar: 'json', label: 'JSON' },
  html: { grammar: 'xml', label: 'HTML' },
  sql: { grammar: 'sql', label: 'SQL' },
  http: { grammar: 'http', label: 'HTTP' },
  dockerfile: { grammar: 'dockerfile', label: 'Dockerfile' },
  toml: { grammar: 'ini', label: 'TOML' },
  text: { grammar: null, label: 'Text' },
};

/** @returns the code with its colours, for inside of `<code>` */
const highlighted = (code: string, language: string): Html => {
  const grammar = LANGUAGES[language]?.grammar;
  return raw(grammar ? highlighter.highlight(code, { language: grammar, ignoreIllegals: true }).value : escape(code));
};

/** A block of code. @param label in place of the language's name */
export const codeBlock = (code: string, language: string, label?: string): Html => {
  const name = label ?? LANGUAGES[language]?.label ?? '';
  return html`<figure class="code" data-language="${language || 'text'}">
    ${name && name !== 'Text' ? html`<figcaption>${name}</figcaption>` : ''}
    <pre tabindex="0"><code>${highlighted(code.replace(/\n$/, ''), language)}</code></pre>
  </figure>`;
};

/** Finds passages of the site in the browser: the index is one file, loaded when somebody searches for the first time. */
import MiniSearch from 'minisearch';
import type { SearchDocument } from './search-document.ts';

const SHOWN_MAX = 24;
const EXTRACT_CHARACTERS = 130;

let dialog: HTMLDialogElement | undefined;
let index: Promise<MiniSearch<SearchDocument>> | undefined;

const loadIndex = async (root: string): Promise<MiniSearch<SearchDocument>> => {
  const response = await fetch(`${root}search.json`);
  if (!response.ok) throw new Error(`the index answered ${response.status}`);
  const search = new MiniSearch<SearchDocument>({
    fields: ['title', 'page', 'text'],
    storeFields: ['at', 'title', 'page', 'text'],
    searchOptions: { boost: { title: 4, page: 2 }, prefix: true, fuzzy: 0.15, combineWith: 'AND' },
  });
  search.addAll((await response.json()) as SearchDocument[]);
  return search;
};

const tagged = <K extends keyof HTMLElementTagNameMap>(tag: K, name = '', text = ''): HTMLElementTagNameMap[K] => {
  const made = document.createElement(tag);
  if (name !== '') made.className = name;
  made.textContent = text;
  return made;
};

/** The words around the first that was found, with what was found marked. Nodes, not HTML. */
const extract = (text: string, terms: readonly string[]): HTMLElement => {
  const span = tagged('span', 'extract');
  const lower = text.toLowerCase();
  const places = terms.map((term) => lower.indexOf(term)).filter((place) => place >= 0);
  const begin = Math.max(0, Math.min(...(places.length > 0 ? places : [0])) - 40);
  const part = `${begin > 0 ? '… ' : ''}${text.slice(begin, begin + EXTRACT_CHARACTERS)}`;
  const pattern = terms.map((term) => term.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)).join('|');
  for (const [place, piece] of (pattern === '' ? [part] : part.split(new RegExp(`(${pattern})`, 'i'))).entries())
    span.append(place % 2 === 1 ? tagged('mark', '', piece) : piece);
  return span;
};

const select = (items: readonly HTMLAnchorElement[], place: number): void => {
  for (const [at, item] of items.entries()) item.setAttribute('aria-selected', String(at === place));
  items[place]?.scrollIntoView({ block: 'nearest' });
};

const build = (root: string): HTMLDialogElement => {
  const made = tagged('dialog', 'find');
  made.setAttribute('aria-label', 'Search');
  const form = tagged('form');
  const input = tagged('input');
  const attributes = {
    type: 'search',
    placeholder: 'Search the documentation',
    'aria-label': 'Search the documentation',
    autocomplete: 'off',
    spellcheck: 'false',
    role: 'combobox',
    'aria-expanded': 'true',
    'aria-controls': 'found',
  };
  for (const [name, value] of Object.entries(attributes)) input.setAttribute(name, value);
  const escape = tagged('kbd', '', 'Esc');
  form.append(input, escape);
  const said = tagged('p', 'said', 'Type what you look for: a word, a route, a problem’s code.');
  said.setAttribute('role', 'status');
  const list = tagged('ol');
  list.id = 'found';
  list.setAttribute('role', 'listbox');
  list.setAttribute('aria-label', 'Found');
  made.append(form, said, list);
  let items: HTMLAnchorElement[] = [];
  let place = 0;

  const show = async (): Promise<void> => {
    const words = input.value.trim();
    let search: MiniSearch<SearchDocument>;
    try {
      index ??= loadIndex(root);
      search = await index;
    } catch (error) {
      index = undefined;
      said.hidden = false;
      said.textContent = `The search could not be loaded (${(error as Error).message}). Try again.`;
      return;
    }
    if (words !== input.value.trim()) return;
    const all = words === '' ? [] : search.search(words);
    const found = all.slice(0, SHOWN_MAX);
    items = found.map((result) => {
      const link = tagged('a');
      link.href = `${root}${result['at'] as string}`;
      link.setAttribute('role', 'option');
      link.tabIndex = -1;
      const title = tagged('b', '', result['title'] as string);
      const page = result['page'] === result['title'] ? '' : ` · ${result['page'] as string}`;
      link.append(title, tagged('span', 'where', page), extract(result['text'] as string, result.terms));
      link.addEventListener('click', () => made.close());
      return link;
    });
    list.replaceChildren(
      ...items.map((link) => {
        const row = tagged('li');
        row.setAttribute('role', 'none');
        row.append(link);
        return row;
      }),
    );
    list.scrollTop = 0;
    place = 0;
    select(items, place);
    said.hidden = items.length > 0;
    if (items.length === 0)
      said.textContent =
        words === '' ? 'Type what you look for: a word, a route, a problem’s code.' : `Nothing has “${words}”.`;
  };

  input.addEventListener('input', () => void show());
  input.addEventListener('keydown', (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step === undefined || items.length === 0) return;
    event.preventDefault();
    place = (place + step + items.length) % items.length;
    select(items, place);
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    items[place]?.click();
  });
  // A click beside the dialog is one on its backdrop.
  made.addEventListener('click', (event) => {
    if (event.target === made) made.close();
  });
  document.body.append(made);
  return made;
};

/** Opens the search. @param root from this page to the site's root */
export const showSearch = (root: string): void => {
  dialog ??= build(root);
  if (!dialog.open) dialog.showModal();
  dialog.querySelector('input')?.select();
};

/** What a page does beyond being read: theme, copying, languages of examples, where one is. It reads well without. */

type Theme = 'light' | 'dark';

const find = <E extends Element>(selector: string, within: ParentNode = document): E[] => [
  ...within.querySelectorAll<E>(selector),
];

/** Storage can be switched off; a choice then lasts as long as the page. */
const kept = (key: string, value?: string): string | null => {
  try {
    if (value !== undefined) localStorage.setItem(key, value);
    return localStorage.getItem(key);
  } catch {
    return null;
  }
};

const element = <K extends keyof HTMLElementTagNameMap>(
  tag: K,
  text: string,
  attributes: Readonly<Record<string, string>>,
): HTMLElementTagNameMap[K] => {
  const made = document.createElement(tag);
  made.textContent = text;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
};

const switchTheme = (): void => {
  const { dataset } = document.documentElement;
  const next: Theme = dataset['theme'] === 'dark' ? 'light' : 'dark';
  dataset['theme'] = next;
  // The dashboard's key: both are of one mind where they stand side by side.
  kept('countersign.theme', next);
};

for (const button of find<HTMLButtonElement>('[data-theme-button]')) {
  button.hidden = false;
  button.addEventListener('click', switchTheme);
}

for (const figure of find<HTMLElement>('figure.code')) {
  const button = element('button', 'Copy', { type: 'button', class: 'copy' });
  button.addEventListener('click', () => {
    const text = figure.querySelector('code')?.textContent ?? '';
    navigator.clipboard.writeText(text).then(
      () => (button.textContent = 'Copied'),
      () => (button.textContent = 'Not allowed'),
    );
    setTimeout(() => (button.textContent = 'Copy'), 1600);
  });
  figure.append(button);
}

const LANGUAGE = 'countersign.docs.language';

/** Examples in several languages become tabs; the language that is chosen holds for the whole page, and the next. */
const showLanguage = (language: string): void => {
  for (const samples of find<HTMLElement>('[data-tabs]')) {
    const figures = find<HTMLElement>('figure', samples);
    const shown = figures.find((figure) => figure.dataset['language'] === language) ?? figures[0];
    if (figures.length < 2) continue;
    for (const figure of figures) (figure.parentElement ?? figure).hidden = figure !== shown;
    for (const tab of find('[role="tab"]', samples)) {
      const isShown = tab.getAttribute('aria-controls') === shown?.parentElement?.id;
      tab.setAttribute('aria-selected', String(isShown));
      tab.setAttribute('tabindex', isShown ? '0' : '-1');
    }
  }
};

const moveTab = (event: KeyboardEvent): void => {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  const tabs = find<HTMLElement>('[role="tab"]', (event.currentTarget as Element).parentElement ?? document);
  if (step === undefined) return;
  const next = tabs[(tabs.indexOf(event.currentTarget as HTMLElement) + step + tabs.length) % tabs.length];
  next?.focus();
  next?.click();
};

for (const [index, samples] of find<HTMLElement>('[data-tabs]').entries()) {
  const figures = find<HTMLElement>('figure', samples);
  if (figures.length < 2) continue;
  const list = element('div', '', { role: 'tablist', class: 'tablist', 'aria-label': 'Language' });
  for (const figure of figures) {
    const caption = figure.querySelector('figcaption');
    const label = caption?.textContent ?? '';
    // A figure may not be a panel itself: what is around it is.
    const panel = element('div', '', {
      id: `panel-${index}-${figure.dataset['language']}`,
      role: 'tabpanel',
      'aria-label': label,
    });
    figure.replaceWith(panel);
    panel.append(figure);
    const tab = element('button', label, { type: 'button', role: 'tab', 'aria-controls': panel.id });
    tab.addEventListener('click', () => {
      const before = tab.getBoundingClientRect().top;
      showLanguage(kept(LANGUAGE, figure.dataset['language']) ?? figure.dataset['language'] ?? 'sh');
      // Examples above it change their height, too.
      scrollBy({ top: tab.getBoundingClientRect().top - before, behavior: 'instant' });
    });
    tab.addEventListener('keydown', moveTab);
    list.append(tab);
  }
  samples.prepend(list);
}
showLanguage(kept(LANGUAGE) ?? 'sh');

for (const heading of find<HTMLElement>('article :is(h2, h3)[id]'))
  heading.append(
    element('a', '#', { class: 'anchor', href: `#${heading.id}`, 'aria-label': `Link to ${heading.textContent}` }),
  );

/** Marks where one is in the list of headings. */
const links = new Map(find<HTMLAnchorElement>('.contents a').map((link) => [link.hash.slice(1), link]));
const follow = (): void => {
  const passed = [...links.keys()].filter((id) => {
    const top = document.getElementById(decodeURIComponent(id))?.getBoundingClientRect().top;
    return top !== undefined && top < 120;
  });
  const current = passed.at(-1);
  for (const [id, link] of links)
    if (id === current) link.setAttribute('aria-current', 'true');
    else link.removeAttribute('aria-current');
};
if (links.size > 0) {
  addEventListener('scroll', follow, { passive: true });
  follow();
}

// The page one is on is in sight in the long list.
const current = document.querySelector<HTMLElement>('.pages [aria-current]');
const list = current?.closest('.pages');
if (current && list && current.offsetTop > list.clientHeight - 80) list.scrollTop = current.offsetTop - 160;

const openSearch = async (): Promise<void> => {
  const { showSearch } = await import('./search.ts');
  showSearch(document.documentElement.dataset['root'] ?? './');
};
for (const button of find<HTMLButtonElement>('[data-search]')) {
  button.hidden = false;
  button.addEventListener('click', () => void openSearch());
}
addEventListener('keydown', (event) => {
  const { target } = event;
  const isTyping = target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement;
  const isAsked = (event.key === 'k' && (event.metaKey || event.ctrlKey)) || (event.key === '/' && !isTyping);
  if (!isAsked || event.altKey) return;
  event.preventDefault();
  void openSearch();
});

/** The list of pages by section: what docs/README.md says, and what it does not name, so that no page is lost. */
import { CONTENTS, type Source, titleOf } from './sources.ts';
import { resolveLink } from './links.ts';

export type Entry = { readonly title: string; readonly path: string; readonly description: string };
export type Section = { readonly title: string; readonly entries: readonly Entry[] };

/** Where pages go that the list does not name. Decisions and the rest of a program's own folder have a list of their own. */
const UNLISTED: readonly (readonly [prefix: string, section: string])[] = [
  ['frameworks/', 'Frameworks'],
  ['guide/', 'Guides'],
  ['reference/', 'Reference'],
  ['spec/', 'Specification'],
  ['security/', 'Specification'],
];

const pathOf = (sources: ReadonlyMap<string, Source>, contents: Source, link: string): string | undefined => {
  const target = resolveLink(sources, contents, link);
  return 'href' in target && !/^(https?:|#)/.test(target.href) ? target.href.replace(/\.html(#.*)?$/, '') : undefined;
};

export const readNavigation = (sources: ReadonlyMap<string, Source>): Section[] => {
  const contents = sources.get(CONTENTS);
  if (!contents) throw new Error(`${CONTENTS} is missing: it lists the pages`);
  const sections = [...contents.text.matchAll(/^## (.+)\n([\s\S]*?)(?=^## |$(?![\s\S]))/gm)].map(
    ([, title = '', text = '']) => ({
      title,
      entries: [...text.matchAll(/^- \[([^\]]+)\]\(([^)]+)\)(?:: (.+))?$/gm)].flatMap(
        ([, name = '', link = '', description = '']) => {
          const path = pathOf(sources, contents, link);
          return path === undefined
            ? []
            : [{ title: name, path, description: description.slice(0, 1).toUpperCase() + description.slice(1) }];
        },
      ),
    }),
  );
  const listed = new Set(sections.flatMap(({ entries }) => entries.map(({ path }) => path)));
  for (const source of sources.values()) {
    const [, title] = UNLISTED.find(([prefix]) => source.path.startsWith(prefix)) ?? [];
    if (title === undefined || listed.has(source.path)) continue;
    const section = sections.find((one) => one.title === title);
    if (!section) throw new Error(`${CONTENTS} has no section "${title}", where ${source.file} belongs`);
    section.entries.push({ title: titleOf(source), path: source.path, description: '' });
  }
  return sections;
};

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type Rgb, SIGHTS, contrast, distance, fromOklch, seen } from './colour.ts';

const css = readFileSync(new URL('tokens.css', import.meta.url), 'utf8');

const read = (block: string): Map<string, Rgb> =>
  new Map(
    [...block.matchAll(/--([\w-]+): oklch\(([\d.]+) ([\d.]+) ([\d.]+)\);/g)].map(([, name = '', l, c, h]) => [
      name,
      fromOklch(Number(l), Number(c), Number(h)),
    ]),
  );

const [light = '', dark = ''] = css.split(":root[data-theme='dark']");
const THEMES = { light: read(light), dark: read(dark) } as const;

const SURFACES = ['bg', 'surface', 'sunken', 'hover', 'selected'];
const STATUS = ['ok', 'no', 'wait', 'esc', 'off'];

describe.each(Object.entries(THEMES))('the %s theme', (_name, tokens) => {
  const colour = (name: string): Rgb => {
    const found = tokens.get(name);
    if (found === undefined) throw new Error(`there is no token ${name}`);
    return found;
  };
  const worst = (pairs: readonly (readonly [string, string])[]): [string, number] =>
    pairs
      .map(([text, ground]): [string, number] => [`${text} on ${ground}`, contrast(colour(text), colour(ground))])
      .toSorted((a, b) => a[1] - b[1])[0] ?? ['', 0];
  const on = (texts: readonly string[], grounds: readonly string[]): (readonly [string, string])[] =>
    texts.flatMap((text) => grounds.map((ground) => [text, ground] as const));

  test('has text that can be read on every surface', () => {
    const [pair, ratio] = worst(on(['fg', 'fg-2', 'fg-3', 'accent', ...STATUS], SURFACES));
    expect(ratio, pair).toBeGreaterThanOrEqual(4.5);
  });
  test('has text that can be read on every tint', () => {
    const [pair, ratio] = worst([
      ...STATUS.map((name) => [name, `${name}-tint`] as const),
      ...on(
        ['fg', 'fg-2'],
        STATUS.map((name) => `${name}-tint`),
      ),
      ['accent', 'accent-tint'],
      ['fg-3', 'off-tint'],
    ]);
    expect(ratio, pair).toBeGreaterThanOrEqual(4.5);
  });
  test('has text that can be read on solid buttons', () => {
    const [pair, ratio] = worst([
      ['on-solid', 'ok-solid'],
      ['on-solid', 'no-solid'],
      ['bg', 'fg'],
    ]);
    expect(ratio, pair).toBeGreaterThanOrEqual(4.5);
  });
  test('has borders of controls that can be seen', () => {
    const [pair, ratio] = worst(on(['line-2', 'no-solid'], ['bg', 'surface', 'sunken']));
    expect(ratio, pair).toBeGreaterThanOrEqual(3);
  });
  test.each(Object.entries(SIGHTS))('keeps statuses apart for %s sight', (_sight, matrix) => {
    const least = STATUS.flatMap((first, index) =>
      STATUS.slice(index + 1).map((second): [string, number] => [
        `${first} and ${second}`,
        distance(seen(matrix, colour(first)), seen(matrix, colour(second))),
      ]),
    ).toSorted((a, b) => a[1] - b[1])[0] ?? ['', 0];
    expect(least[1], least[0]).toBeGreaterThanOrEqual(8);
  });
});

test('every token exists in both themes', () => {
  expect([...THEMES.dark.keys()].toSorted()).toEqual([...THEMES.light.keys()].toSorted());
  expect(THEMES.light.size).toBeGreaterThan(30);
});

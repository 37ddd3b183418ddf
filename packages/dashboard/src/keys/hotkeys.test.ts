import { describe, expect, test } from 'vitest';
import { keyName } from './hotkeys.ts';

const press = (
  key: string,
  code: string,
  modifiers: Partial<Record<'shiftKey' | 'metaKey' | 'ctrlKey', boolean>> = {},
) => keyName({ key, code, shiftKey: false, metaKey: false, ctrlKey: false, ...modifiers });

describe('the name of a key', () => {
  test('is the letter, whatever its case', () => {
    expect(press('a', 'KeyA')).toBe('a');
    expect(press('A', 'KeyA')).toBe('a');
  });
  test('falls back to the place on the board where the layout has no Latin letters', () => {
    expect(press('ф', 'KeyA')).toBe('a');
    expect(press('ש', 'KeyA')).toBe('a');
  });
  test('follows the letter, not the place, on other Latin layouts', () => {
    expect(press('q', 'KeyA')).toBe('q');
  });
  test('says shift for letters and named keys, and leaves it out for signs that need it anyway', () => {
    expect(press('J', 'KeyJ', { shiftKey: true })).toBe('shift+j');
    expect(press('?', 'Slash', { shiftKey: true })).toBe('?');
  });
  test('takes Ctrl and ⌘ as one', () => {
    expect(press('k', 'KeyK', { metaKey: true })).toBe('mod+k');
    expect(press('Enter', 'Enter', { ctrlKey: true })).toBe('mod+Enter');
  });
});

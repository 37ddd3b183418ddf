/** The registry of keyboard shortcuts: one list behind the key handler, the help sheet, the palette and the tooltips. */
import { useEffect, useRef, useSyncExternalStore } from 'react';

export type Hotkey = {
  /** `j`, `shift+?`, `mod+k` (⌘ or Ctrl), `g i` (one after the other), `Enter`, `ArrowDown`. */
  readonly keys: readonly string[];
  readonly label: string;
  readonly group: 'Queue' | 'Decision' | 'Editor' | 'Go to' | 'Everywhere';
  /** `null`: the browser does it, with an event of its own; it stands in the list of keys. */
  readonly run: ((event: KeyboardEvent) => void) | null;
  /** A held key fires once only. On by default; moving through a list turns it off. */
  readonly once?: boolean;
  /** Also while a field has the focus, such as ⌘↵. */
  readonly inFields?: boolean;
};

/** Keys of one's own, by what they do, in this browser. */
const OWN_KEY = 'countersign.own-keys';

const readOwn = (): Readonly<Record<string, string>> => {
  try {
    const own: unknown = JSON.parse(localStorage.getItem(OWN_KEY) ?? '{}');
    if (typeof own !== 'object' || own === null) return {};
    return Object.fromEntries(
      Object.entries(own).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
    );
  } catch {
    return {};
  }
};
let own = readOwn();

const nameOf = ({ group, label }: Pick<Hotkey, 'group' | 'label'>): string => `${group}/${label}`;

const IS_SIGN = /^(shift\+)?\S$/u;

/** Which of its keys can be another one: a sign alone, or a letter with Shift. The others are what they are everywhere. */
export const changeableKey = ({ keys, run }: Pick<Hotkey, 'keys' | 'run'>): string | undefined => {
  const signs = run === null ? [] : keys.filter((key) => IS_SIGN.test(key));
  // The nine of the saved views belong together.
  return signs.length === 1 ? signs[0] : undefined;
};

/** Its keys as they are pressed here. */
export const keysOf = (hotkey: Pick<Hotkey, 'group' | 'label' | 'keys' | 'run'>): readonly string[] => {
  const chosen = own[nameOf(hotkey)];
  const usual = changeableKey(hotkey);
  return chosen === undefined || usual === undefined
    ? hotkey.keys
    : hotkey.keys.map((key) => (key === usual ? chosen : key));
};

const registered = new Map<symbol, Hotkey>();
const listeners = new Set<() => void>();
let snapshot: readonly Hotkey[] = [];
let openPopups = 0;
let lastKey = '';
let lastKeyAt = 0;

/** Between the two keys of a sequence. */
const SEQUENCE_MS = 1200;
const OFF_KEY = 'countersign.single-keys';

const changed = (): void => {
  snapshot = [...registered.values()];
  for (const listener of listeners) listener();
};

const readOn = (): boolean => {
  try {
    return localStorage.getItem(OFF_KEY) !== 'off';
  } catch {
    return true;
  }
};
let singleKeysOn = readOn();

/** Single-letter shortcuts can be turned off (WCAG 2.1.4): speech input would set them off. */
export const setSingleKeys = (on: boolean): void => {
  singleKeysOn = on;
  try {
    localStorage.setItem(OFF_KEY, on ? 'on' : 'off');
  } catch {
    // Without storage the choice lasts as long as the page.
  }
  changed();
};

/** @param key the new one; null: as it was */
export const setOwnKey = (hotkey: Pick<Hotkey, 'group' | 'label' | 'keys' | 'run'>, key: string | null): void => {
  const { [nameOf(hotkey)]: _, ...others } = own;
  own = key === null || key === changeableKey(hotkey) ? others : { ...others, [nameOf(hotkey)]: key };
  try {
    localStorage.setItem(OWN_KEY, JSON.stringify(own));
  } catch {
    // Without storage the choice lasts as long as the page.
  }
  changed();
};

export const isOwnKey = (hotkey: Pick<Hotkey, 'group' | 'label'>): boolean => own[nameOf(hotkey)] !== undefined;

/** A key that is written at a button, as it is pressed here. */
export const shownKey = (key: string): string => {
  const hotkey = [...registered.values()].findLast((one) => changeableKey(one) === key);
  return (hotkey && own[nameOf(hotkey)]) ?? key;
};

/** Menus and dialogs own the keyboard while they are open. @returns the function that says it has closed. */
export const popupOpened = (): (() => void) => {
  openPopups += 1;
  return () => {
    openPopups -= 1;
  };
};

const isField = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable ||
    ['TEXTAREA', 'SELECT'].includes(target.tagName) ||
    (target instanceof HTMLInputElement && !['checkbox', 'radio', 'button'].includes(target.type)));

/** The key as the registry writes it. Layouts without Latin letters fall back to the key's place on the board. */
export const keyName = (event: Pick<KeyboardEvent, 'key' | 'code' | 'shiftKey' | 'metaKey' | 'ctrlKey'>): string => {
  const placed = /^Key([A-Z])$/.exec(event.code)?.[1];
  const isLetter = event.key.length === 1 && /\p{L}/u.test(event.key);
  const base = isLetter && !/[a-z]/i.test(event.key) && placed !== undefined ? placed.toLowerCase() : event.key;
  const name = base.length === 1 ? base.toLowerCase() : base;
  const shifted = event.shiftKey && (isLetter || name.length > 1) ? 'shift+' : '';
  return `${event.metaKey || event.ctrlKey ? 'mod+' : ''}${shifted}${name}`;
};

const onKeyDown = (event: KeyboardEvent): void => {
  if (event.defaultPrevented || event.isComposing || event.altKey) return;
  const name = keyName(event);
  const field = isField(event.target);
  const now = event.timeStamp;
  const sequence = now - lastKeyAt < SEQUENCE_MS ? `${lastKey} ${name}` : '';
  if (!field && !event.repeat) {
    lastKey = name;
    lastKeyAt = now;
  }
  const hotkeys = [...registered.values()].toReversed();
  const match =
    hotkeys.find((hotkey) => keysOf(hotkey).includes(sequence)) ??
    hotkeys.find((hotkey) => keysOf(hotkey).includes(name));
  if (!match || match.run === null) return;
  const withModifier = name.startsWith('mod+');
  if (field && match.inFields !== true) return;
  if (openPopups > 0 && match.inFields !== true) return;
  if (!withModifier && !singleKeysOn && IS_SIGN.test(name)) return;
  // Buttons and links answer to Enter themselves.
  if (
    name === 'Enter' &&
    event.target instanceof HTMLElement &&
    event.target.closest('a, button, summary, [role=button]')
  )
    return;
  if (sequence !== '' && keysOf(match).includes(sequence)) lastKey = '';
  event.preventDefault();
  // A held key must never decide twice.
  if (event.repeat && match.once !== false) return;
  match.run(event);
};

export const startHotkeys = (): void => document.addEventListener('keydown', onKeyDown);

/** Registers a shortcut while the component is there; `null` registers nothing. */
export const useHotkey = (hotkey: Hotkey | null): void => {
  const latest = useRef(hotkey);
  latest.current = hotkey;
  const identity = hotkey === null ? null : `${hotkey.keys.join(',')}|${hotkey.label}`;
  useEffect(() => {
    const first = latest.current;
    if (identity === null || first === null) return undefined;
    const handle = Symbol(first.label);
    registered.set(handle, { ...first, run: first.run && ((event) => latest.current?.run?.(event)) });
    changed();
    return () => {
      registered.delete(handle);
      changed();
    };
  }, [identity]);
};

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

export const useHotkeys = (): readonly Hotkey[] => useSyncExternalStore(subscribe, () => snapshot);
export const useSingleKeysOn = (): boolean => useSyncExternalStore(subscribe, () => singleKeysOn);

const IS_MAC = typeof navigator !== 'undefined' && /Mac|iP(hone|ad)/.test(navigator.userAgent);
const SYMBOLS: Readonly<Record<string, string>> = {
  mod: IS_MAC ? '⌘' : 'Ctrl',
  shift: '⇧',
  Enter: '↵',
  Escape: 'Esc',
  ArrowDown: '↓',
  ArrowUp: '↑',
};

/** A key for reading: `mod+k` is `⌘K` or `Ctrl K`. */
export const keyLabel = (keys: string): string =>
  keys
    .split(' ')
    .map((chord) =>
      chord
        .split('+')
        .map((part) => SYMBOLS[part] ?? (part.length === 1 ? part.toUpperCase() : part))
        .join(IS_MAC ? '' : ' '),
    )
    .join(' then ');

/** The same for `aria-keyshortcuts`. */
export const ariaKeys = (keys: string): string => shownKey(keys).replace('mod', IS_MAC ? 'Meta' : 'Control');

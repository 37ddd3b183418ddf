/** One line of the list of keys: what it does, its keys, and a way to another key. */
import { type ReactNode, useState } from 'react';
import { type Hotkey, changeableKey, isOwnKey, keyLabel, keyName, keysOf, setOwnKey } from '../keys/hotkeys.ts';
import { announce } from '../ui/announce.ts';

const TAKEABLE = /^(shift\+)?\S$/u;

/** Why a key can't be taken, or null. `G` begins the ways to pages. */
const whyNot = (key: string, hotkey: Hotkey, all: readonly Hotkey[]): string | null => {
  if (!TAKEABLE.test(key)) return 'A letter, a digit or a sign, with Shift or alone';
  if (key === 'g') return 'G begins the ways to pages';
  const other = all.find((one) => one.label !== hotkey.label && keysOf(one).includes(key));
  return other === undefined ? null : `${keyLabel(key)} is “${other.label}” already`;
};

type KeyRowProps = { readonly hotkey: Hotkey; readonly all: readonly Hotkey[] };

export const KeyRow = ({ hotkey, all }: KeyRowProps): ReactNode => {
  const [isAsking, setAsking] = useState(false);
  const [refused, setRefused] = useState<string | null>(null);
  const take = (key: string): void => {
    const why = whyNot(key, hotkey, all);
    setRefused(why);
    if (why !== null) return;
    setAsking(false);
    setOwnKey(hotkey, key);
    announce(`${hotkey.label}: ${keyLabel(key)}`);
  };
  const keys = (
    <span className="flex gap-1 text-fg-2">
      {keysOf(hotkey).map((key) => (
        <kbd key={key} className="rounded-sm border border-line-2 px-1.5 font-mono text-meta leading-5">
          {keyLabel(key)}
        </kbd>
      ))}
    </span>
  );
  return (
    <div className="flex min-h-9 flex-wrap items-center justify-between gap-x-3 border-b py-1 last:border-0">
      <dt>{hotkey.label}</dt>
      <dd className="flex items-center gap-1.5">
        {isOwnKey(hotkey) && (
          <button
            type="button"
            aria-label={`The usual key for ${hotkey.label}`}
            className="rounded-sm text-label text-accent underline underline-offset-2"
            onClick={() => setOwnKey(hotkey, null)}
          >
            usual
          </button>
        )}
        {changeableKey(hotkey) === undefined ? (
          keys
        ) : (
          <button
            type="button"
            aria-label={`Change the key of ${hotkey.label}, now ${keysOf(hotkey).map(keyLabel).join(' or ')}`}
            className="min-h-6 rounded-sm px-0.5 hover:bg-hover pointer-coarse:min-h-11"
            onClick={() => {
              setRefused(null);
              setAsking(true);
            }}
            onBlur={() => setAsking(false)}
            onKeyDown={(event) => {
              if (!isAsking || event.key === 'Tab' || event.key === 'Shift') return;
              event.preventDefault();
              event.stopPropagation();
              if (event.key === 'Escape') setAsking(false);
              else take(keyName(event.nativeEvent));
            }}
          >
            {isAsking ? <span className="text-label font-medium text-accent">press a key</span> : keys}
          </button>
        )}
      </dd>
      {refused !== null && (
        <dd role="alert" className="w-full text-label font-medium text-no">
          {refused}
        </dd>
      )}
    </div>
  );
};

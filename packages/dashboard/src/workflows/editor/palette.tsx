/** Every type of node: pressed, it comes after the chosen node; dragged, it comes where it is dropped. */
import { NODE_TYPES, type NodeType } from '@countersign/core';
import { clsx } from 'clsx';
import { type KeyboardEvent, type ReactNode, useRef, useState } from 'react';
import { Tip } from '../../ui/tooltip.tsx';
import { NODE_MIME } from '../canvas/canvas.tsx';
import { LOOKS } from '../canvas/looks.ts';

const TYPES = (Object.keys(LOOKS) as NodeType[]).filter((type) => NODE_TYPES.includes(type));

type PaletteProps = { readonly onAdd: (type: NodeType) => void; readonly wide?: boolean };

export const NodePalette = ({ onAdd, wide = false }: PaletteProps): ReactNode => {
  const bar = useRef<HTMLDivElement>(null);
  const [current, setCurrent] = useState(1);
  const onKeyDown = (event: KeyboardEvent): void => {
    const by = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    const to =
      event.key === 'Home'
        ? 0
        : event.key === 'End'
          ? TYPES.length - 1
          : by === undefined
            ? null
            : (current + by + TYPES.length) % TYPES.length;
    // The first letter goes to the next type that begins with it.
    const letter = /^[a-z]$/i.test(event.key) && !event.ctrlKey && !event.metaKey ? event.key.toLowerCase() : null;
    const named =
      letter === null
        ? -1
        : [...TYPES.keys()].find((offset) => {
            const type = TYPES[(current + 1 + offset) % TYPES.length];
            return type !== undefined && LOOKS[type].label.toLowerCase().startsWith(letter);
          });
    const next = to ?? (named === undefined || named === -1 ? null : (current + 1 + named) % TYPES.length);
    if (next === null) return;
    event.preventDefault();
    event.stopPropagation();
    setCurrent(next);
    bar.current?.querySelectorAll('button')[next]?.focus();
  };
  return (
    <div
      ref={bar}
      role="toolbar"
      aria-label="Add a node"
      aria-orientation="vertical"
      onKeyDown={onKeyDown}
      data-palette
      className={clsx(
        'flex shrink-0 gap-0.5',
        wide ? 'flex-col' : 'w-12 flex-col items-center overflow-y-auto border-r bg-surface py-2',
      )}
    >
      {TYPES.map((type, index) => {
        const look = LOOKS[type];
        const Icon = look.icon;
        const button = (
          <button
            type="button"
            draggable
            tabIndex={index === current ? 0 : -1}
            aria-label={`Add ${look.label}`}
            data-type={type}
            onFocus={() => setCurrent(index)}
            onClick={() => onAdd(type)}
            onDragStart={(event) => {
              event.dataTransfer.setData(NODE_MIME, type);
              event.dataTransfer.effectAllowed = 'copy';
            }}
            className={clsx(
              'flex items-center rounded-md hover:bg-hover',
              wide ? 'min-h-11 gap-3 px-2 text-left' : 'size-9 shrink-0 justify-center',
            )}
          >
            <span className={clsx('flex size-7 shrink-0 items-center justify-center rounded-md', look.tint)}>
              <Icon size={15} aria-hidden="true" />
            </span>
            {wide && (
              <span>
                <span className="block font-medium">{look.label}</span>
                <span className="block text-label text-fg-3">{look.does}</span>
              </span>
            )}
          </button>
        );
        return wide ? (
          <span key={type} className="contents">
            {button}
          </span>
        ) : (
          <Tip key={type} text={`${look.label}: ${look.does.charAt(0).toLowerCase()}${look.does.slice(1)}`}>
            {button}
          </Tip>
        );
      })}
    </div>
  );
};

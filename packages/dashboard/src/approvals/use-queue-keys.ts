/** The keys of the queue: moving, choosing, lanes, saved views. */
import type { WireView } from '@countersign/contract';
import { useNavigate } from '@tanstack/react-router';
import { useHotkey } from '../keys/hotkeys.ts';
import type { Lane } from '../search.ts';
import { searchOfView } from '../views/view-search.ts';
import type { QueueFilter } from './queries.ts';
import { type QueueRow, neighbour } from './queue-order.ts';

type QueueKeys = {
  readonly rows: readonly QueueRow[];
  readonly id: string | undefined;
  readonly twoPanes: boolean;
  readonly lane: Lane;
  readonly lanes: readonly Lane[];
  readonly filter: QueueFilter;
  readonly views: readonly WireView[];
  readonly open: (id: string | undefined, replace?: boolean) => void;
  readonly toggle: (id: string) => void;
  readonly add: (...ids: readonly string[]) => void;
  readonly showFresh: () => void;
  readonly openFilter: () => void;
};

const NUMBERS = ['1', '2', '3', '4', '5', '6', '7', '8', '9'];

export const useQueueKeys = (queue: QueueKeys): void => {
  const { rows, id, twoPanes, lane, lanes, filter, views, open, toggle, add, showFresh, openFilter } = queue;
  const navigate = useNavigate();
  const step = (direction: 1 | -1): string | undefined => {
    const next = neighbour(rows, id, direction);
    if (next === undefined) return undefined;
    const inList = document.activeElement?.closest('[role=grid]') !== null;
    open(next, true);
    if (inList)
      requestAnimationFrame(() =>
        document.querySelector<HTMLElement>(`[data-row="${next}"]`)?.focus({ preventScroll: true }),
      );
    return next;
  };
  const extend = (direction: 1 | -1): void => {
    const next = step(direction);
    add(...[id, next].filter((one) => one !== undefined));
  };
  const laneStep = (direction: 1 | -1): void => {
    const next = lanes[(lanes.indexOf(lane) + direction + lanes.length) % lanes.length];
    if (next === 'alike') void navigate({ to: '/alike' });
    else if (next !== undefined) void navigate({ to: '/inbox', search: { ...filter, lane: next } });
  };
  const group = 'Queue';
  useHotkey({ keys: ['j', 'ArrowDown'], label: 'Next request', group, once: false, run: () => void step(1) });
  useHotkey({ keys: ['k', 'ArrowUp'], label: 'Previous request', group, once: false, run: () => void step(-1) });
  useHotkey({
    keys: ['Enter'],
    label: 'Move into the request',
    group,
    run: () => document.querySelector<HTMLElement>('[data-detail]')?.focus(),
  });
  useHotkey({
    keys: ['Escape'],
    label: 'Back to the list',
    group,
    run: () => {
      if (twoPanes) document.querySelector<HTMLElement>('[role=grid] [tabindex="0"]')?.focus();
      else open(undefined);
    },
  });
  useHotkey({ keys: ['n'], label: 'Show new arrivals', group, run: showFresh });
  useHotkey({
    keys: ['x'],
    label: 'Select for deciding together',
    group,
    run: () => id !== undefined && toggle(id),
  });
  useHotkey({ keys: ['shift+j'], label: 'Select it and the next', group, once: false, run: () => extend(1) });
  useHotkey({ keys: ['shift+k'], label: 'Select it and the previous', group, once: false, run: () => extend(-1) });
  useHotkey({ keys: ['shift+x'], label: 'Identical requests', group, run: () => void navigate({ to: '/alike' }) });
  useHotkey({ keys: ['['], label: 'Previous lane', group, run: () => laneStep(-1) });
  useHotkey({ keys: [']'], label: 'Next lane', group, run: () => laneStep(1) });
  useHotkey({
    keys: NUMBERS,
    label: 'Saved view 1 to 9',
    group,
    run: (event) => {
      const chosen = views[Number(event.key) - 1];
      if (chosen !== undefined) void navigate({ to: '/inbox', search: searchOfView(chosen) });
    },
  });
  useHotkey({ keys: ['/'], label: 'Filter the queue', group, run: openFilter });
};

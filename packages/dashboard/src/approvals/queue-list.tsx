import { useQueryClient } from '@tanstack/react-query';
import { useVirtualizer } from '@tanstack/react-virtual';
import { clsx } from 'clsx';
import { type ReactNode, type RefObject, useCallback, useEffect, useRef } from 'react';
import { approvalQuery } from './queries.ts';
import type { QueueRow } from './queue-order.ts';
import { useRowFlags } from './use-row-flags.ts';
import { ROW_HEIGHTS, useDensity } from './density.ts';
import { QueueListRow } from './queue-row.tsx';

type QueueListProps = {
  readonly rows: readonly QueueRow[];
  /** How many there are; what is not loaded yet has its place, and is asked for when it comes into view. */
  readonly total: number;
  readonly onFurther: () => void;
  readonly currentId: string | undefined;
  /** The rows are of an earlier filter: they are shown, and can't be used. */
  readonly stale: boolean;
  readonly selected: ReadonlySet<string>;
  /** Rows are being chosen: a tap chooses one instead of opening it. */
  readonly selecting: boolean;
  readonly onSelect: (id: string) => void;
  /** Where it was scrolled to, and is again when it comes back. */
  readonly place: RefObject<number>;
  readonly onIdleAtTop: () => void;
};

/** Nobody is reading the top of the list for this long: new arrivals may move it. */
const IDLE_MS = 10_000;
/** The next page is asked for when so few loaded rows are left below. */
const AHEAD_ROWS = 40;

const UnloadedRow = ({ top, height }: { readonly top: number; readonly height: number }): ReactNode => (
  <div
    aria-hidden="true"
    style={{ top, height }}
    className="absolute inset-x-0 flex flex-col justify-center gap-2 border-b px-10"
  >
    <span className="h-3 w-3/5 rounded-sm bg-hover" />
    {height > 50 && <span className="h-2.5 w-2/5 rounded-sm bg-hover" />}
  </div>
);

export const QueueList = ({
  rows,
  total,
  currentId,
  stale,
  selected,
  selecting,
  onSelect,
  place,
  onFurther,
  onIdleAtTop,
}: QueueListProps): ReactNode => {
  'use no memo';
  const client = useQueryClient();
  const scroller = useRef<HTMLDivElement>(null);
  const density = useDensity();
  const rowHeight = ROW_HEIGHTS[density];
  const virtualizer = useVirtualizer({
    count: total,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    initialOffset: () => place.current,
    overscan: 6,
  });
  useEffect(() => virtualizer.measure(), [virtualizer, rowHeight]);
  useEffect(() => {
    const element = scroller.current;
    if (element === null) return undefined;
    element.scrollTop = place.current;
    const note = (): void => {
      place.current = element.scrollTop;
    };
    element.addEventListener('scroll', note, { passive: true });
    return () => element.removeEventListener('scroll', note);
  }, [place]);
  const items = virtualizer.getVirtualItems();
  const flags = useRowFlags(
    items.flatMap(({ index }) => {
      const row = rows[index];
      return row === undefined || row.goneAt !== null ? [] : [row.approval.id];
    }),
  );
  const isShort = total > rows.length && (items.at(-1)?.index ?? 0) >= rows.length - AHEAD_ROWS;
  useEffect(() => {
    if (isShort) onFurther();
  }, [isShort, onFurther, rows.length]);
  const currentIndex = rows.findIndex((row) => row.approval.id === currentId);

  const warm = useCallback(
    (id: string | undefined): void => {
      if (id !== undefined) void client.prefetchQuery(approvalQuery(id));
    },
    [client],
  );

  const previousId = rows[currentIndex - 1]?.approval.id;
  const nextId = rows[currentIndex + 1]?.approval.id;
  useEffect(() => {
    warm(nextId);
    warm(previousId);
  }, [warm, nextId, previousId]);

  // Rows have a fixed height, so the place is computed: asking the browser for it would force a layout at every key.
  useEffect(() => {
    const element = scroller.current;
    if (element === null || currentIndex === -1) return;
    const top = currentIndex * rowHeight;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top + rowHeight > element.scrollTop + element.clientHeight)
      element.scrollTop = top + rowHeight - element.clientHeight;
  }, [currentIndex, rowHeight]);

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const restart = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        if ((scroller.current?.scrollTop ?? 1) === 0) onIdleAtTop();
        restart();
      }, IDLE_MS);
    };
    restart();
    const signs = ['pointermove', 'keydown', 'wheel', 'touchstart'] as const;
    for (const sign of signs) addEventListener(sign, restart, { passive: true });
    return () => {
      clearTimeout(timer);
      for (const sign of signs) removeEventListener(sign, restart);
    };
  }, [onIdleAtTop]);

  return (
    <div
      ref={scroller}
      role="grid"
      aria-multiselectable="true"
      aria-label="Requests that wait"
      aria-rowcount={total}
      aria-busy={stale || undefined}
      inert={stale}
      className={clsx(
        'min-h-0 flex-1 overflow-y-auto overscroll-contain transition-opacity duration-100',
        stale && 'opacity-50',
      )}
    >
      <div role="rowgroup" className="relative" style={{ height: virtualizer.getTotalSize() }}>
        {items.map((item) => {
          const row = rows[item.index];
          if (row === undefined) return <UnloadedRow key={item.index} top={item.start} height={rowHeight} />;
          const current = row.approval.id === currentId;
          return (
            <QueueListRow
              key={row.approval.id}
              row={row}
              index={item.index}
              current={current}
              tabbable={current || (currentIndex === -1 && item.index === 0)}
              top={item.start}
              onHover={warm}
              selected={selected.has(row.approval.id)}
              selecting={selecting}
              density={density}
              flag={flags.get(row.approval.id) ?? null}
              onSelect={onSelect}
            />
          );
        })}
      </div>
    </div>
  );
};

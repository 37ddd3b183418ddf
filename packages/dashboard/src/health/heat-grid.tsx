/** When it is asked for: a cell for each hour of the week, the darker the more. */
import type { ReactNode } from 'react';
import { HOURS, WEEKDAYS, hourWord } from './days.ts';
import { useWidth } from './use-width.ts';

const LEFT = 40;
const ROW = 23;
const BOTTOM = 22;
const AXIS = 'fill-fg-3 text-[11.5px]';
const FAINTEST = 0.12;

export const HeatGrid = ({ counts }: { readonly counts: ReadonlyMap<string, number> }): ReactNode => {
  const [ref, width] = useWidth(480);
  const most = Math.max(1, ...counts.values());
  const cell = (width - LEFT) / HOURS.length;
  const height = ROW * WEEKDAYS.length + BOTTOM;
  return (
    <div ref={ref} className="min-w-0">
      <svg
        width={width}
        height={height}
        viewBox={`0 0 ${width} ${height}`}
        aria-hidden="true"
        className="block max-w-full"
      >
        {WEEKDAYS.map((day, row) => (
          <g key={day}>
            <text x={LEFT - 8} y={ROW * row + 15} textAnchor="end" className={AXIS}>
              {day.slice(0, 1).toUpperCase() + day.slice(1, 3)}
            </text>
            {HOURS.map((hour, column) => {
              const count = counts.get(`${day}-${hour}`) ?? 0;
              return (
                <rect
                  key={hour}
                  x={LEFT + cell * column + 1}
                  y={ROW * row + 1}
                  width={Math.max(1, cell - 2)}
                  height={ROW - 2}
                  rx={2}
                  fill={count === 0 ? 'var(--line)' : 'var(--chart-1)'}
                  opacity={count === 0 ? 0.45 : FAINTEST + (1 - FAINTEST) * (count / most)}
                >
                  <title>{`${hourWord(`${day}-${hour}`)}: ${count}`}</title>
                </rect>
              );
            })}
          </g>
        ))}
        {HOURS.filter((_, hour) => hour % 3 === 0).map((hour) => (
          <text key={hour} x={LEFT + cell * Number(hour) + 1} y={height - 5} className={AXIS}>
            {hour}
          </text>
        ))}
      </svg>
    </div>
  );
};

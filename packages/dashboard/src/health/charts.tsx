/** The charts: plain SVG in the colours of the theme. What they show is said by the figure around them. */
import type { ReactNode } from 'react';
import type { Series } from './figure.tsx';
import { linePath } from './scale.ts';
import { useWidth } from './use-width.ts';

const HEIGHT = 200;
const LEFT = 40;
const BOTTOM = 22;
const TOP = 8;
const PLOT = HEIGHT - BOTTOM - TOP;
/** Between labels under the chart, in pixels. */
const LABEL_EVERY = 64;

const AXIS = 'fill-fg-3 text-[11.5px]';

type AxisProps = {
  readonly ticks: readonly number[];
  readonly width: number;
  readonly y: (value: number) => number;
  readonly format: (value: number) => string;
};

const Axis = ({ ticks, width, y, format }: AxisProps): ReactNode => (
  <g>
    {ticks.map((tick) => (
      <g key={tick}>
        <line x1={LEFT} x2={width} y1={y(tick)} y2={y(tick)} stroke="var(--line)" />
        <text x={LEFT - 8} y={y(tick) + 4} textAnchor="end" className={AXIS}>
          {format(tick)}
        </text>
      </g>
    ))}
  </g>
);

type BarsProps = {
  readonly labels: readonly string[];
  readonly series: readonly Series[];
  readonly values: readonly (readonly number[])[];
  readonly ticks: readonly number[];
  readonly format?: (value: number) => string;
};

const every = (count: number, width: number): number =>
  Math.max(1, Math.ceil(count / Math.max(1, (width - LEFT) / LABEL_EVERY)));

/** One bar for each label, its parts stacked; a part of its own that is not 0 is at least a pixel high. */
export const StackedBars = ({ labels, series, values, ticks, format = String }: BarsProps): ReactNode => {
  const [ref, width] = useWidth(480);
  const top = ticks.at(-1) ?? 1;
  const y = (value: number): number => TOP + PLOT * (1 - value / top);
  const slot = (width - LEFT) / Math.max(1, labels.length);
  const bar = Math.max(2, Math.min(34, slot * 0.78));
  const step = every(labels.length, width);
  return (
    <div ref={ref} className="min-w-0">
      <svg
        width={width}
        height={HEIGHT}
        viewBox={`0 0 ${width} ${HEIGHT}`}
        aria-hidden="true"
        className="block max-w-full"
      >
        <Axis ticks={ticks} width={width} y={y} format={format} />
        {labels.map((label, index) => {
          const x = LEFT + slot * index + (slot - bar) / 2;
          let base = 0;
          return (
            <g key={label}>
              {series.map((part, place) => {
                const value = values[index]?.[place] ?? 0;
                if (value === 0) return null;
                const from = y(base + value);
                const height = Math.max(1.5, y(base) - from - 1);
                base += value;
                return (
                  <rect
                    key={part.label}
                    x={x}
                    y={from}
                    width={bar}
                    height={height}
                    rx={Math.min(2, bar / 4)}
                    fill={part.fill}
                  >
                    <title>{`${label}: ${value} ${part.label.toLowerCase()}`}</title>
                  </rect>
                );
              })}
              {(labels.length - 1 - index) % step === 0 && (
                <text
                  x={Math.min(x + bar / 2, width)}
                  y={HEIGHT - 5}
                  textAnchor={width - x - bar / 2 < 24 ? 'end' : 'middle'}
                  dx={width - x - bar / 2 < 24 ? bar / 2 : 0}
                  className={AXIS}
                >
                  {label}
                </text>
              )}
            </g>
          );
        })}
      </svg>
    </div>
  );
};

type BandProps = {
  readonly labels: readonly string[];
  readonly low: readonly (number | null)[];
  readonly high: readonly (number | null)[];
  /** A line that says how high it should be at most. */
  readonly goal?: number | null;
  readonly ticks: readonly number[];
  readonly format: (value: number) => string;
};

/** Median and 95th percentile as lines, the space between them tinted; days without values leave a gap. */
export const PercentileBand = ({ labels, low, high, goal = null, ticks, format }: BandProps): ReactNode => {
  const [ref, width] = useWidth(480);
  const right = 34;
  const top = ticks.at(-1) ?? 1;
  const y = (value: number): number => TOP + PLOT * (1 - value / top);
  const x = (index: number): number => LEFT + ((width - LEFT - right) * index) / Math.max(1, labels.length - 1);
  const points = (values: readonly (number | null)[]) =>
    values.map((value, index) => (value === null ? null : { x: x(index), y: y(value) }));
  const step = every(labels.length, width - right);
  const both = labels.map((_, index) => index).filter((index) => low[index] !== null && high[index] !== null);
  const area =
    both.length < 2
      ? ''
      : `${linePath(both.map((index) => ({ x: x(index), y: y(high[index] ?? 0) })))}${linePath(both.toReversed().map((index) => ({ x: x(index), y: y(low[index] ?? 0) }))).replace('M', 'L')}Z`;
  const last = both.at(-1);
  // Points closer than this are one smear.
  const isDense = (width - LEFT - right) / Math.max(1, labels.length) < 9;
  return (
    <div ref={ref} className="min-w-0">
      <svg
        width={width}
        height={HEIGHT}
        viewBox={`0 0 ${width} ${HEIGHT}`}
        aria-hidden="true"
        className="block max-w-full"
      >
        <Axis ticks={ticks} width={width - right} y={y} format={format} />
        <path d={area} fill="var(--chart-1)" opacity="0.14" />
        <path d={linePath(points(high))} fill="none" stroke="var(--chart-1)" strokeWidth="1.5" strokeDasharray="3 3" />
        <path d={linePath(points(low))} fill="none" stroke="var(--chart-1)" strokeWidth="2.25" />
        {(isDense ? [] : both).map((index) => (
          <g key={index} fill="var(--chart-1)">
            <circle cx={x(index)} cy={y(low[index] ?? 0)} r={2.5}>
              <title>{`${labels[index]}: median ${format(low[index] ?? 0)}`}</title>
            </circle>
            <circle cx={x(index)} cy={y(high[index] ?? 0)} r={2}>
              <title>{`${labels[index]}: p95 ${format(high[index] ?? 0)}`}</title>
            </circle>
          </g>
        ))}
        {goal !== null && (
          <g>
            <line
              x1={LEFT}
              x2={width - right}
              y1={y(goal)}
              y2={y(goal)}
              stroke="var(--chart-2)"
              strokeDasharray="2 3"
            />
            <text x={width - right + 4} y={y(goal) + 4} className="fill-fg text-[11.5px]">
              goal
            </text>
          </g>
        )}
        {last !== undefined && (
          <g className="fill-fg-2 text-[11.5px]">
            <text x={x(last) + 6} y={Math.min(y(low[last] ?? 0) + 4, HEIGHT - BOTTOM)}>
              p50
            </text>
            {Math.abs(y(low[last] ?? 0) - y(high[last] ?? 0)) > 11 && (
              <text x={x(last) + 6} y={y(high[last] ?? 0) + 4}>
                p95
              </text>
            )}
          </g>
        )}
        {labels.map(
          (label, index) =>
            (labels.length - 1 - index) % step === 0 && (
              <text key={label} x={x(index)} y={HEIGHT - 5} textAnchor="middle" className={AXIS}>
                {label}
              </text>
            ),
        )}
      </svg>
    </div>
  );
};

/** The course of one figure, small. It only repeats what the table has. */
export const Sparkline = ({ values }: { readonly values: readonly (number | null)[] }): ReactNode => {
  const top = Math.max(0, ...values.map((value) => value ?? 0));
  if (top === 0 || values.filter((value) => value !== null).length < 2) return null;
  const path = linePath(
    values.map((value, index) =>
      value === null ? null : { x: 1 + (74 * index) / (values.length - 1), y: 1 + 20 * (1 - value / top) },
    ),
  );
  return (
    <svg width="76" height="22" aria-hidden="true" className="shrink-0 text-fg-3">
      <path d={path} fill="none" stroke="currentColor" strokeWidth="1.25" strokeLinejoin="round" />
    </svg>
  );
};

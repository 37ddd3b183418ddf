/** What of the health page lives in the address. */
export const RANGES = [7, 30, 90, 365] as const;
export type Range = (typeof RANGES)[number];

export const TABLES = ['agent', 'tool', 'approver', 'group', 'day'] as const;
export type Table = (typeof TABLES)[number];

/** Whose decisions count: keys of the figures by agent, tool, approver or group. */
const FILTERS = ['agent', 'tool', 'approver', 'group'] as const;
export type FigureFilter = { [name in (typeof FILTERS)[number]]?: string };

export type HealthSearch = FigureFilter & { days?: Range; by?: Table };

export const readHealth = (raw: Readonly<Record<string, unknown>>): HealthSearch => {
  const days = RANGES.find((range) => range === Number(raw['days']));
  const by = TABLES.find((table) => table === raw['by']);
  const filter = Object.fromEntries(
    FILTERS.map((name) => [name, raw[name]]).filter(([, value]) => typeof value === 'string'),
  );
  return { ...(days === undefined ? {} : { days }), ...(by === undefined ? {} : { by }), ...filter };
};

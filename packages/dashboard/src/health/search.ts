/** What of the health page lives in the address. */
const RANGES = [7, 30, 90] as const;
export type HealthSearch = { days?: (typeof RANGES)[number]; by?: 'agent' | 'tool' | 'approver' };

const TABLES = ['agent', 'tool', 'approver'] as const;

export const readHealth = (raw: Readonly<Record<string, unknown>>): HealthSearch => {
  const days = RANGES.find((range) => range === Number(raw['days']));
  const by = TABLES.find((table) => table === raw['by']);
  return { ...(days === undefined ? {} : { days }), ...(by === undefined ? {} : { by }) };
};

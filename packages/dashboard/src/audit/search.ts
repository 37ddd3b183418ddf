/** What the address says about the audit log: filters, kept over reloads and in links. */
export type AuditSearch = {
  readonly q?: string;
  readonly type?: string;
  readonly actor?: string;
  readonly subject?: string;
  readonly from?: string;
  readonly to?: string;
};

const NAMES = ['q', 'type', 'actor', 'subject', 'from', 'to'] as const;

export const readAudit = (search: Readonly<Record<string, unknown>>): AuditSearch =>
  Object.fromEntries(
    NAMES.flatMap((name) => {
      const value = search[name];
      return typeof value === 'string' && value !== '' ? [[name, value.slice(0, 200)]] : [];
    }),
  );

/** A day of this machine's calendar as the moment at which it begins, or the one at which it ends. */
export const momentOf = (day: string, edge: 'begin' | 'end'): string | undefined => {
  const [year, month, date] = day.split('-').map(Number);
  if (!/^\d{4}-\d\d-\d\d$/.test(day) || year === undefined || month === undefined || date === undefined)
    return undefined;
  const moment = new Date(year, month - 1, date + (edge === 'end' ? 1 : 0));
  return Number.isNaN(moment.getTime()) ? undefined : moment.toISOString();
};

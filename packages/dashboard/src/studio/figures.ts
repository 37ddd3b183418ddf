import type { WireExecution } from '@countersign/contract';

const number = new Intl.NumberFormat();

type Used = Pick<WireExecution, 'tokens' | 'cost'>;

/** Small amounts are what most answers cost: none of them is rounded to nothing. */
const money = ({ amount, currency }: NonNullable<Used['cost']>): string =>
  new Intl.NumberFormat(undefined, {
    style: 'currency',
    currency,
    minimumFractionDigits: 2,
    maximumSignificantDigits: amount < 0.01 ? 2 : 4,
    roundingPriority: 'morePrecision',
  }).format(amount);

export const usedWords = ({ tokens, cost }: Used): string =>
  [
    `${number.format(tokens.input)} tokens in, ${number.format(tokens.output)} out`,
    ...(cost === null ? [] : [money(cost)]),
  ].join(' · ');

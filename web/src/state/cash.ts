/** Amounts that are typed: integer minor units, never a float. */
import type { Money } from '../api/types';

export const patacas = (amount: number): Money => ({ amount, currency: 'MOP' });

/** What the pattern of a field for an amount lets through. */
export const CASH = '[0-9]+([.,][0-9]{1,2})?';

/** Read a decimal text as minor units, without a float. */
export function minor(text: string): number {
  const found = /^\s*([0-9]{1,7})(?:[.,]([0-9]{1,2}))?\s*$/.exec(text);
  return found ? Number(found[1]) * 100 + Number((found[2] ?? '0').padEnd(2, '0')) : 0;
}

/** The same the other way: 4050 is 40.50. */
export const plain = (amount: number): string =>
  `${Math.floor(amount / 100)}.${String(amount % 100).padStart(2, '0')}`;

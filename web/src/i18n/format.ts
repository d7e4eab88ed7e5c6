/** Numbers, money and time as a language writes them. */
import type { Currency, Money, Rate } from '../api/types';
import { locale, REGION } from './i18n';

const ZONE = 'Asia/Macau';
const cache = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat>();

function kept<T extends Intl.NumberFormat | Intl.DateTimeFormat>(name: string, make: () => T): T {
  const key = `${locale.value} ${name}`;
  const found = (cache.get(key) as T | undefined) ?? make();
  cache.set(key, found);
  return found;
}

/** An amount: minor units become decimal text, never a float. */
export function money({ amount, currency }: Money): string {
  const form = kept(
    currency,
    () => new Intl.NumberFormat(REGION[locale.value], { style: 'currency', currency }),
  );
  const digits = String(Math.abs(amount)).padStart(3, '0');
  const text = `${amount < 0 ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
  return form.format(text as Intl.StringNumericLiteral);
}

export function number(value: number): string {
  return kept('number', () => new Intl.NumberFormat(REGION[locale.value])).format(value);
}

/** A share of one, written as percent: "0.125" is 12.5%. */
export function percent(share: string): string {
  const form = kept(
    'percent',
    () =>
      new Intl.NumberFormat(REGION[locale.value], { style: 'percent', maximumFractionDigits: 1 }),
  );
  return form.format(share as Intl.StringNumericLiteral);
}

function date(name: string, options: Intl.DateTimeFormatOptions, moment: string | number): string {
  const form = kept(
    name,
    () => new Intl.DateTimeFormat(REGION[locale.value], { timeZone: ZONE, ...options }),
  );
  return form.format(new Date(moment));
}

/** The hour, 24 of them: 12:05. */
export const clock = (moment: string | number): string =>
  date('clock', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }, moment);

export const day = (moment: string | number): string =>
  date('day', { day: 'numeric', month: 'long' }, moment);

export const dayAndClock = (moment: string | number): string =>
  date(
    'dayclock',
    { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
    moment,
  );

/** Time that is left: 4:05, or 1:04:05. */
export function left(milliseconds: number): string {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000));
  const two = (value: number): string => String(value).padStart(2, '0');
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return hours
    ? `${hours}:${two(minutes)}:${two(seconds % 60)}`
    : `${minutes}:${two(seconds % 60)}`;
}

/**
 * Money in another currency, as orders converts it: exact until it is rounded, once, half-up to the
 * minor unit; by a rate of the pair, or two by way of a third currency. Null without such rates.
 */
export function convert(of: Money, to: Currency, rates: readonly Rate[]): Money | null {
  const way = wayTo(of.currency, to, rates);
  if (!way) return null;
  let above = BigInt(of.amount);
  let below = 1n;
  let held = of.currency;
  for (const rate of way) {
    const [whole = '', part = ''] = rate.rate.split('.');
    const [top, bottom] = [BigInt(whole + part), 10n ** BigInt(part.length)];
    const forth = rate.base === held;
    above *= forth ? top : bottom;
    below *= forth ? bottom : top;
    held = forth ? rate.quote : rate.base;
  }
  return { amount: Number((2n * above + below) / (2n * below)), currency: to };
}

function wayTo(from: Currency, to: Currency, rates: readonly Rate[]): readonly Rate[] | null {
  if (from === to) return [];
  const touches = (rate: Rate, one: Currency): boolean => rate.base === one || rate.quote === one;
  const straight = rates.find((rate) => touches(rate, from) && touches(rate, to));
  if (straight) return [straight];
  for (const first of rates.filter((rate) => touches(rate, from))) {
    const middle = first.base === from ? first.quote : first.base;
    const second = rates.find((rate) => touches(rate, middle) && touches(rate, to));
    if (second) return [first, second];
  }
  return null;
}

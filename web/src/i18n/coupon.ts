/** What a coupon gives and what it asks for, in words. */
import type { CouponTerms } from '../api/types';
import { merchants, products } from '../state/goods';
import { dayAndClock, money, number, percent } from './format';
import { said, t } from './i18n';

const MOST_NAMED = 3;

/** "CN¥10.00 off", "15% off". */
export function gives({ pay_percent, minus, currency }: CouponTerms): string {
  const off =
    pay_percent === null
      ? money({ amount: minus ?? 0, currency })
      : percent(`${100 - pay_percent}e-2`);
  return t('coupon.off', { off });
}

/** For what it is, from how much on. */
export function asks(terms: CouponTerms): string {
  const { currency, from_amount, from_items } = terms;
  return [
    where(terms),
    from_amount ? t('coupon.from', { amount: money({ amount: from_amount, currency }) }) : '',
    from_items ? t('coupon.from-items', { items: number(from_items) }) : '',
  ]
    .filter(Boolean)
    .join(' · ');
}

function where({ scope, skus, merchant_id }: CouponTerms): string {
  if (scope === 'product') {
    const names = skus
      .slice(0, MOST_NAMED)
      .map((sku) => said(products.value.get(sku)?.names) || sku);
    const more = skus.length - names.length;
    return t('coupon.on', { names: [...names, ...(more ? [`+${number(more)}`] : [])].join(', ') });
  }
  if (!merchant_id) return t('coupon.anything');
  const seller = said(merchants.value.get(merchant_id)?.names) || merchant_id;
  return t('coupon.at', { seller });
}

/** Until when, and how long once it is claimed. */
export function lasts({ valid_until, days_from_claim }: CouponTerms): string {
  return [
    t('coupon.until', { time: dayAndClock(valid_until) }),
    days_from_claim ? t('coupon.days', { days: number(days_from_claim) }) : '',
  ]
    .filter(Boolean)
    .join(' · ');
}

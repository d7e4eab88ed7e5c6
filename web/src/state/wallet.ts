/** The coupons that somebody has claimed on this device, and which of them the next order takes. */
import { post } from '../api/http';
import type { Coupon, Line, Money } from '../api/types';
import { convert } from '../i18n/format';
import { Cell } from './cell';
import { now } from './clock';
import { rates } from './goods';
import { identity } from './identity';

/** Yours, and used with the next order it is for; laid aside; used up. */
export type Held = 'yours' | 'aside' | 'used';

const KEPT = 'feira.coupons';

export class Wallet {
  readonly held = new Cell<ReadonlyMap<string, Held>>(new Map());

  constructor() {
    this.read();
  }

  /** Look whose coupons these are: whoever is signed in has their own. */
  read(): void {
    const kept = identity.value && localStorage.getItem(this.name);
    this.held.set(new Map(kept ? (JSON.parse(kept) as [string, Held][]) : []));
  }

  private get name(): string {
    return `${KEPT}.${identity.value?.subject ?? ''}`;
  }

  private keep(changed: Iterable<readonly [string, Held]>): void {
    this.held.set(new Map([...this.held.value, ...changed]));
    localStorage.setItem(this.name, JSON.stringify([...this.held.value]));
  }

  /** Claim a coupon; orders is told only where the days of its use begin with that. */
  async claim({ coupon_id, terms }: Coupon): Promise<void> {
    if (terms.days_from_claim !== null)
      await post('orders', `/coupons/${encodeURIComponent(coupon_id)}/claims`);
    this.keep([[coupon_id, 'yours']]);
  }

  lay(coupon_id: string, held: Held): void {
    this.keep([[coupon_id, held]]);
  }

  /**
   * What of *coupons* an order of one unit takes: what is claimed and for it, at most one for
   * products and one for the shop, in one currency. Orders has the last word.
   */
  for(
    coupons: readonly Coupon[],
    sku: string,
    merchant_id: string | null,
    price: Money | null,
  ): Coupon[] {
    const taken: Coupon[] = [];
    for (const coupon of coupons) {
      const { terms } = coupon;
      const worth = price && convert(price, terms.currency, rates.value)?.amount;
      const fits =
        this.held.value.get(coupon.coupon_id) === 'yours' &&
        isOpen(coupon) &&
        (terms.merchant_id === null || terms.merchant_id === merchant_id) &&
        (terms.scope === 'shop' || terms.skus.includes(sku)) &&
        (terms.from_items ?? 0) <= 1 &&
        (terms.from_amount ?? 0) <= (worth ?? 0);
      const beside = taken.every(
        (other) => other.terms.scope !== terms.scope && other.terms.currency === terms.currency,
      );
      if (fits && beside) taken.push(coupon);
    }
    return taken;
  }

  /** An order has taken them: what one buyer may use once is used. */
  spend(coupons: readonly Coupon[]): void {
    const once = coupons.filter(({ terms }) => terms.per_buyer === 1);
    this.keep(once.map(({ coupon_id }) => [coupon_id, 'used']));
  }

  /** An order that has come to nothing gives back what it took. */
  back(lines: readonly Line[]): void {
    const ids = lines.flatMap((line) => (line.discounts ?? []).map(({ coupon_id }) => coupon_id));
    this.keep(ids.map((id) => [id, 'yours']));
  }
}

/** Whether a coupon may still be claimed or used, by the services' clock. */
export const isOpen = ({ left, terms }: Pick<Coupon, 'left' | 'terms'>): boolean =>
  left > 0 && now() < Date.parse(terms.valid_until);

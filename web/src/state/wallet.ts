/** The coupons that somebody has claimed, as orders knows them, and which the next order takes. */
import { all, post } from '../api/http';
import type { Claim, CouponTerms, Money } from '../api/types';
import { convert } from '../i18n/format';
import { Cell } from './cell';
import { now } from './clock';
import { rates } from './goods';
import { has, identity } from './identity';

export class Wallet {
  readonly held = new Cell<ReadonlyMap<string, Claim>>(new Map());
  /** Those that are kept off the next order, on this page. */
  readonly aside = new Cell<ReadonlySet<string>>(new Set());
  private festival = '';
  private whose = '';
  private asked = 0;

  /** Look into the wallet of whoever is signed in, in a festival; nobody has none. */
  async read(festival = this.festival): Promise<void> {
    const whose = has('buyer') ? (identity.value?.subject ?? '') : '';
    if (whose !== this.whose || festival !== this.festival) {
      this.held.set(new Map());
      this.aside.set(new Set());
    }
    [this.whose, this.festival] = [whose, festival];
    this.asked += 1;
    const { asked } = this;
    if (!whose || !festival) return;
    try {
      const path = `/coupon-claims?festival_id=${encodeURIComponent(festival)}`;
      const claims = await all<Claim>('orders', path);
      if (asked === this.asked)
        this.held.set(new Map(claims.map((claim) => [claim.coupon_id, claim])));
    } catch {
      /* what was known stays; it is read again with the next thing done with a coupon */
    }
  }

  async claim(coupon_id: string): Promise<void> {
    await post('orders', `/coupons/${encodeURIComponent(coupon_id)}/claims`);
    await this.read();
  }

  /** Keep a coupon off the next order, or no longer. */
  lay(coupon_id: string, aside: boolean): void {
    const others = [...this.aside.value].filter((other) => other !== coupon_id);
    this.aside.set(new Set(aside ? [...others, coupon_id] : others));
  }

  /** How a coupon stands for whoever is signed in, by now; nothing if it is not theirs. */
  state(coupon_id: string): Claim['state'] | undefined {
    const claim = this.held.value.get(coupon_id);
    const over = claim?.state === 'usable' && now() >= Date.parse(claim.until);
    return over ? 'expired' : claim?.state;
  }

  /**
   * What an order of one unit takes: what is claimed and for it, at most one for products and one
   * for the shop, in one currency. Orders has the last word.
   */
  for(sku: string, merchant_id: string | null, price: Money | null): Claim[] {
    const taken: Claim[] = [];
    for (const claim of this.held.value.values()) {
      const { coupon_id, terms } = claim;
      const worth = price && convert(price, terms.currency, rates.value)?.amount;
      const fits =
        this.state(coupon_id) === 'usable' &&
        !this.aside.value.has(coupon_id) &&
        (terms.merchant_id === null || terms.merchant_id === merchant_id) &&
        (terms.scope === 'shop' || terms.skus.includes(sku)) &&
        (terms.from_items ?? 0) <= 1 &&
        (terms.from_amount ?? 0) <= (worth ?? 0);
      const beside = taken.every(
        (other) => other.terms.scope !== terms.scope && other.terms.currency === terms.currency,
      );
      if (fits && beside) taken.push(claim);
    }
    return taken;
  }
}

/** Whether a coupon may still be claimed or used, by the services' clock. */
export const isOpen = ({ left, terms }: { left: number; terms: CouponTerms }): boolean =>
  left > 0 && now() < Date.parse(terms.valid_until);

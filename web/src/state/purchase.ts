/** One order of a room, from the tap to the money: what is asked, told, and kept over a reload. */
import { get, post, Problem } from '../api/http';
import type { Claim, Expected, Order, Placed } from '../api/types';
import { t } from '../i18n/i18n';
import { whyNot } from '../i18n/no';
import { Cell } from './cell';
import { device, newId } from './device';
import { rates } from './goods';
import { identity } from './identity';
import type { Wallet } from './wallet';

export type Step =
  | { at: 'none' }
  | { at: 'asking'; sku: string }
  | { at: 'refused'; sku: string; why: string; soldOut: boolean }
  | { at: 'held'; order: Placed | Order; paying?: Expected; trouble?: string }
  | { at: 'paid'; order: Order }
  | { at: 'lost'; order: Order };

const SOLD_OUT = new Set(['stock.sold-out', 'deal.sold-out']);
const LOOK_EVERY = 1500;

/** The purchase of a room; one at a time. */
export class Purchase {
  readonly step = new Cell<Step>({ at: 'none' });
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly festivalId: string,
    private readonly sessionId: string,
    private readonly wallet: Wallet,
  ) {
    void this.resume();
  }

  /** Ask for one unit, less *coupons*. The answer is "yours until", or a no with its reason. */
  async order(sku: string, dealId?: string, coupons: readonly Claim[] = []): Promise<void> {
    this.step.set({ at: 'asking', sku });
    const wish = {
      festival_id: this.festivalId,
      session_id: this.sessionId,
      lines: [{ sku, quantity: 1, ...(dealId ? { deal_id: dealId } : {}) }],
      device: device(),
    };
    try {
      const { order, trouble } = await this.placeWith(coupons, wish);
      localStorage.setItem(this.kept, order.order_id);
      this.step.set({ at: 'held', order, ...(trouble ? { trouble } : {}) });
      this.look();
    } catch (error) {
      const soldOut = error instanceof Problem && SOLD_OUT.has(error.code);
      this.step.set({ at: 'refused', sku, why: whyNot(error), soldOut });
    }
  }

  /**
   * With the coupons, in their currency; where orders will not take them without them, and that is
   * told before anything is paid.
   */
  private async placeWith(
    coupons: readonly Claim[],
    wish: object,
  ): Promise<{ order: Placed; trouble?: string }> {
    const [first] = coupons;
    if (!first) return { order: await this.place(wish) };
    try {
      const presented = {
        coupons: coupons.map(({ coupon_id }) => coupon_id),
        currency: first.terms.currency,
      };
      const order = await post<Placed>('orders', '/orders', { ...wish, ...presented }, newId());
      void this.wallet.read();
      return { order };
    } catch (error) {
      if (!(error instanceof Problem) || !/^(coupon|rate)\./.test(error.code)) throw error;
      void this.wallet.read();
      const trouble = t('coupon.not-used', { why: whyNot(error) });
      return { order: await this.place(wish), trouble };
    }
  }

  /** In renminbi if there is a rate; in what it is listed in if that has become too old. */
  private async place(wish: object): Promise<Placed> {
    const inYuan = rates.value.some(({ base, quote }) => base === 'CNY' || quote === 'CNY');
    if (inYuan) {
      try {
        return await post('orders', '/orders', { ...wish, currency: 'CNY' }, newId());
      } catch (error) {
        if (!(error instanceof Problem) || !error.code.startsWith('rate.')) throw error;
      }
    }
    return await post('orders', '/orders', wish, newId());
  }

  /** Begin to pay: the provider says where. */
  async pay(): Promise<void> {
    const { value } = this.step;
    if (value.at !== 'held') return;
    try {
      const path = `/orders/${value.order.order_id}/payments`;
      const paying = await post<Expected>('orders', path);
      this.step.set({ at: 'held', order: value.order, paying });
    } catch (error) {
      this.step.set({ at: 'held', order: value.order, trouble: whyNot(error) });
    }
  }

  /** Let go of the units. */
  async cancel(): Promise<void> {
    const { value } = this.step;
    if (value.at !== 'held') return;
    try {
      await post('orders', `/orders/${value.order.order_id}/cancellation`);
      await this.wallet.read();
      this.forget();
    } catch (error) {
      this.step.set({ ...value, trouble: whyNot(error) });
    }
  }

  forget(): void {
    clearTimeout(this.timer);
    localStorage.removeItem(this.kept);
    this.step.set({ at: 'none' });
  }

  close(): void {
    clearTimeout(this.timer);
  }

  private get kept(): string {
    return `feira.order.${this.sessionId}.${identity.value?.subject ?? ''}`;
  }

  /** Take up the order that was open before a reload. */
  async resume(): Promise<void> {
    const id = identity.value && localStorage.getItem(this.kept);
    if (!id || this.step.value.at !== 'none') return;
    await this.read(id);
  }

  private look(): void {
    clearTimeout(this.timer);
    const { value } = this.step;
    if (value.at !== 'held') return;
    this.timer = setTimeout(() => void this.read(value.order.order_id), LOOK_EVERY);
  }

  private async read(id: string): Promise<void> {
    try {
      const order = await get<Order>('orders', `/orders/${encodeURIComponent(id)}`);
      const { value } = this.step;
      if (order.status === 'placed')
        this.step.set(value.at === 'held' ? { ...value, order } : { at: 'held', order });
      else if (['expired', 'cancelled', 'rejected'].includes(order.status)) this.lose(order);
      else this.end({ at: 'paid', order });
    } catch (error) {
      if (error instanceof Problem && error.status === 404) this.forget();
    }
    this.look();
  }

  private lose(order: Order): void {
    void this.wallet.read();
    this.end({ at: 'lost', order });
  }

  private end(step: Step): void {
    localStorage.removeItem(this.kept);
    this.step.set(step);
  }
}

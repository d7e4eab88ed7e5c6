/** A till's desk: its shift, the units it may sell on its own, and its sales until they are told. */
import { all, ask, get, post, Problem, Unreachable } from '../api/http';
import type { Lease, Listing, Money, Product, Receipt, Sale, Till, Told } from '../api/types';
import { locale } from '../i18n/i18n';
import { Cell } from './cell';
import { now } from './clock';
import { device, newId } from './device';
import { clear, keep, read, readAll } from './drawer';
import { identity } from './identity';
import { online } from './network';

const TELL_EVERY = 5000;
const READ_EVERY = 60_000;
const AT_ONCE = 100;
const COIN = 10;
/** Units that are taken to be sold without a network, if nobody says how many. */
export const LEASED = 5;

/** What a booth sells from one time to another. */
export interface Good {
  product: Product;
  price: Money;
  max: number | null;
  valid_from: string;
  valid_until: string;
}

export interface Shift {
  till_id: string;
  festival_id: string;
  booth_id: string;
  cashier_id: string;
  fence: number;
  opened_at: string;
  float: Money;
}

export interface Made {
  sale: Sale;
  till_id: string;
  due: Money;
  change: Money;
  /** What the service said; until then the sale waits here. */
  told: Told | null;
}

interface Kept {
  shift: Shift;
  goods: Good[];
  leases: Lease[];
}

/** What is paid in coins: half-up to the smallest, 10 avos, as orders rounds it. */
export const rounded = (amount: number): number =>
  Math.floor((2 * amount + COIN) / (2 * COIN)) * COIN;

export class Desk {
  readonly ready = new Cell(false);
  readonly shift = new Cell<Shift | null>(null);
  readonly goods = new Cell<readonly Good[]>([]);
  readonly leases = new Cell<readonly Lease[]>([]);
  readonly sales = new Cell<readonly Made[]>([]);
  /** Whether the service answered last time. */
  readonly linked = new Cell(true);
  private timers: ReturnType<typeof setInterval>[] = [];
  private telling = false;
  private readonly ends: (() => void)[] = [];

  async start(): Promise<void> {
    const kept = await read<Kept>('desk', 'kept');
    if (kept) {
      this.shift.set(kept.shift);
      this.goods.set(kept.goods);
      this.leases.set(kept.leases);
    }
    const sales = await readAll<Made>('sales');
    this.sales.set(sales.sort((a, b) => a.sale.sold_at.localeCompare(b.sale.sold_at)));
    this.ready.set(true);
    const again = (): void => void this.catchUp();
    this.ends.push(online.subscribe(again), identity.subscribe(again));
    this.timers = [setInterval(() => void this.tell(), TELL_EVERY), setInterval(again, READ_EVERY)];
    void this.catchUp();
  }

  stop(): void {
    this.timers.forEach(clearInterval);
    for (const end of this.ends.splice(0)) end();
  }

  get waiting(): readonly Made[] {
    return this.sales.value.filter((made) => !made.told);
  }

  /** What is on sale at this moment, by what was read of the listings last. */
  get onSale(): readonly Good[] {
    return this.goods.value.filter(
      ({ valid_from, valid_until }) =>
        Date.parse(valid_from) <= now() && now() < Date.parse(valid_until),
    );
  }

  /** Units of a SKU that this till may sell on its own now. */
  leased(sku: string): number {
    return this.leases.value
      .filter((lease) => lease.sku === sku && Date.parse(lease.expires_at) > now())
      .reduce((sum, lease) => sum + lease.left, 0);
  }

  // The shift -----------------------------------------------------------------------------------

  async open(till_id: string, festival_id: string, booth_id: string, float: Money): Promise<void> {
    const opening = { festival_id, booth_id, device: device(), opening_float: float };
    const path = `/tills/${encodeURIComponent(till_id)}/shifts`;
    try {
      const opened = await post<{ fence: number; at: string; cashier_id: string }>(
        'orders',
        path,
        opening,
      );
      const { fence, at: opened_at, cashier_id } = opened;
      this.shift.set({ till_id, festival_id, booth_id, cashier_id, fence, opened_at, float });
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== 'till.open') throw error;
      await this.rejoin(till_id, float); // it was opened before, by this cashier or not at all
    }
    if (!this.waiting.length) {
      await clear('sales');
      this.sales.set([]);
    }
    await this.refresh();
  }

  private async rejoin(till_id: string, float: Money): Promise<void> {
    const till = await get<Till>('orders', `/tills/${encodeURIComponent(till_id)}`);
    const { festival_id, booth_id, cashier_id, fence, opened_at } = till;
    this.shift.set({ till_id, festival_id, booth_id, cashier_id, fence, opened_at, float });
  }

  /** Read what is on sale here, and how the till stands. */
  async refresh(): Promise<void> {
    const { value: shift } = this.shift;
    if (!shift) return;
    const id = encodeURIComponent(shift.festival_id);
    const [listings, products] = await Promise.all([
      all<Listing>('catalog', `/listings?festival_id=${id}&channel=booth`),
      all<Product>('catalog', '/products'),
    ]);
    const known = new Map(products.map((product) => [product.sku, product]));
    this.goods.set(
      listings.flatMap(({ sku, price, max_per_buyer: max, valid_from, valid_until }) => {
        const product = known.get(sku);
        return product ? [{ product, price, max, valid_from, valid_until }] : [];
      }),
    );
    await this.readTill();
  }

  private async readTill(): Promise<void> {
    const { value: shift } = this.shift;
    if (!shift) return;
    const till = await get<Till>('orders', `/tills/${encodeURIComponent(shift.till_id)}`);
    if (!till.open) return;
    this.shift.set({ ...shift, fence: till.fence });
    this.leases.set(till.leases);
    await this.save();
  }

  /** Take units out of the common stock, to sell them even without a network. */
  async lease(sku: string, units: number): Promise<void> {
    const { value: shift } = this.shift;
    if (!shift) return;
    await post('orders', `/tills/${encodeURIComponent(shift.till_id)}/leases`, { sku, units });
    await this.readTill();
  }

  /** Count the drawer and end the shift; returns how much is there beyond what should be. */
  async close(counted: Money): Promise<number> {
    const { value: shift } = this.shift;
    if (!shift) return 0;
    const path = `/tills/${encodeURIComponent(shift.till_id)}/closing`;
    const closed = await post<{ difference: number }>('orders', path, { counted });
    await Promise.all([clear('desk'), clear('sales')]);
    this.shift.set(null);
    this.leases.set([]);
    this.sales.set([]);
    return closed.difference;
  }

  // Sales ---------------------------------------------------------------------------------------

  /** Sell: it is on the disk before anybody is told, and told until there is an answer. */
  async sell(lines: Sale['lines'], tendered: Money): Promise<Made> {
    const { value: shift } = this.shift;
    if (!shift) throw new Error('no shift');
    const total = lines.reduce((sum, line) => sum + line.unit_price.amount * line.quantity, 0);
    const due: Money = { amount: rounded(total), currency: tendered.currency };
    const sale: Sale = {
      sale_id: newId(),
      fence: shift.fence,
      lines,
      sold_at: new Date(now()).toISOString(),
      tendered,
    };
    const change: Money = { ...due, amount: tendered.amount - due.amount };
    const made: Made = { sale, till_id: shift.till_id, due, change, told: null };
    await keep('sales', sale.sale_id, made);
    this.sales.set([...this.sales.value, made]);
    this.draw(lines);
    await this.save();
    await this.tell();
    return this.sales.value.find((one) => one.sale.sale_id === sale.sale_id) ?? made;
  }

  /** Take what was sold off the leases this device knows of, the oldest first. */
  private draw(lines: Sale['lines']): void {
    const wanted = new Map(lines.map((line) => [line.sku, line.quantity]));
    const leases = [...this.leases.value].sort((a, b) => a.fence - b.fence);
    this.leases.set(
      leases.map((lease) => {
        const units = Math.min(lease.left, wanted.get(lease.sku) ?? 0);
        wanted.set(lease.sku, (wanted.get(lease.sku) ?? 0) - units);
        return { ...lease, left: lease.left - units, sold: lease.sold + units };
      }),
    );
  }

  /** Tell of the sales that wait, in their order. */
  async tell(): Promise<void> {
    const { waiting } = this;
    if (this.telling || !waiting.length || !identity.value) return;
    this.telling = true;
    try {
      const batch = waiting.slice(0, AT_ONCE);
      const path = `/tills/${encodeURIComponent(batch[0]?.till_id ?? '')}/sales`;
      const body = batch.map((made) => made.sale);
      const said = (await ask<Told[]>('orders', path, { method: 'POST', body, tries: 0 })).data;
      const answers = new Map(said.map((told) => [told.sale_id, told]));
      await this.note(answers);
      this.linked.set(true);
      if (this.waiting.length === 0) await this.readTill();
    } catch (error) {
      if (error instanceof Unreachable) this.linked.set(false);
    } finally {
      this.telling = false;
    }
  }

  private async note(answers: ReadonlyMap<string, Told>): Promise<void> {
    const sales = this.sales.value.map((made) => {
      const told = answers.get(made.sale.sale_id);
      return told ? { ...made, told } : made;
    });
    for (const made of sales)
      if (answers.has(made.sale.sale_id)) await keep('sales', made.sale.sale_id, made);
    this.sales.set(sales);
  }

  /** The receipt of a sale that was told of. */
  async receipt(order_id: string): Promise<Receipt> {
    const path = `/orders/${encodeURIComponent(order_id)}/receipt?lang=${locale.value}`;
    return await get<Receipt>('orders', path);
  }

  private async catchUp(): Promise<void> {
    if (!online.value) {
      this.linked.set(false);
      return;
    }
    await this.tell();
    try {
      if (identity.value) await this.refresh();
      this.linked.set(true);
    } catch (error) {
      if (error instanceof Unreachable) this.linked.set(false);
    }
  }

  private async save(): Promise<void> {
    const { value: shift } = this.shift;
    if (!shift) return;
    const kept: Kept = { shift, goods: [...this.goods.value], leases: [...this.leases.value] };
    await keep('desk', 'kept', kept);
  }
}

/** What a customer has on the counter, and what more of it this till may sell. */
import type { Sale } from '../api/types';
import { Cell } from './cell';
import type { Desk, Good } from './desk';
import { online } from './network';

export type Line = Sale['lines'][number] & { good: Good };

export class Basket {
  readonly units = new Cell<ReadonlyMap<string, number>>(new Map());

  constructor(private readonly desk: Desk) {}

  /** Without a network only what is leased may be sold: the rest is everybody's. */
  mayAdd(sku: string): boolean {
    if (this.desk.linked.value && online.value) return true;
    return (this.units.value.get(sku) ?? 0) < this.desk.leased(sku);
  }

  add(sku: string, units: number): void {
    const next = new Map(this.units.value);
    const quantity = (next.get(sku) ?? 0) + units;
    if (quantity > 0) next.set(sku, quantity);
    else next.delete(sku);
    this.units.set(next);
  }

  clear(): void {
    this.units.set(new Map());
  }

  get lines(): readonly Line[] {
    return [...this.units.value].flatMap(([sku, quantity]) => {
      const good = this.desk.onSale.find(({ product }) => product.sku === sku);
      return good ? [{ good, sku, quantity, unit_price: good.price }] : [];
    });
  }
}

/** What is known of products, merchants and rates: read once, for all who show them. */
import { all, get } from '../api/http';
import type { Merchant, Product, Rate } from '../api/types';
import { Cell } from './cell';

export const products = new Cell<ReadonlyMap<string, Product>>(new Map());
export const merchants = new Cell<ReadonlyMap<string, Merchant>>(new Map());
export const rates = new Cell<readonly Rate[]>([]);

const asked = new Set<string>();

/** Read a product and its merchant, unless that is known or under way; a failure is no news. */
export function know(sku: string, merchant_id: string | null = null): void {
  once(`product ${sku}`, async () => {
    const found = await get<Product>('catalog', `/products/${encodeURIComponent(sku)}`);
    products.set(new Map(products.value).set(sku, found));
    knowMerchant(found.merchant_id);
  });
  if (merchant_id) knowMerchant(merchant_id);
}

export function knowMerchant(id: string): void {
  once(`merchant ${id}`, async () => {
    const found = await get<Merchant>('catalog', `/merchants/${encodeURIComponent(id)}`);
    merchants.set(new Map(merchants.value).set(id, found));
  });
}

export function knowRates(): void {
  once('rates', async () => rates.set(await get<Rate[]>('orders', '/rates')));
}

export async function knowAllMerchants(): Promise<void> {
  const found = await all<Merchant>('catalog', '/merchants');
  merchants.set(new Map(found.map((merchant) => [merchant.merchant_id, merchant])));
}

function once(name: string, read: () => Promise<unknown>): void {
  if (asked.has(name)) return;
  asked.add(name);
  read().catch(() => setTimeout(() => asked.delete(name), 3000));
}

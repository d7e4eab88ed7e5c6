/** The till of a booth: scan or type, take the money, hand over a receipt; with or without network. */
import { html, nothing } from 'lit';
import { customElement, query, state } from 'lit/decorators.js';

import { get } from '../api/http';
import type { Festival, Money, Receipt } from '../api/types';
import { clock, money } from '../i18n/format';
import { said, t } from '../i18n/i18n';
import { whyNot } from '../i18n/no';
import '../parts/art';
import '../parts/countdown';
import { base, Part } from '../parts/part';
import '../parts/receipt';
import { askToSignIn } from '../parts/sign-in';
import { toast } from '../parts/toast';
import { second } from '../state/clock';
import { Desk, LEASED, rounded, type Good, type Made } from '../state/desk';
import { has, identity } from '../state/identity';
import { online } from '../state/network';
import { look } from './till.look';

const NOTES = [1000, 2000, 5000, 10000, 50000, 100000];
const SHOWN = 12;

@customElement('feira-till')
export class TillPage extends Part {
  static override styles = [base, look];

  @state() private basket = new Map<string, number>();
  @state() private tendered = 0;
  @state() private asked = '';
  @state() private shown: Made | null = null;
  @state() private paper: Receipt | null = null;
  @state() private closing = false;
  @state() private busy = false;
  @state() private kept = false;
  @state() private festivals: readonly Festival[] = [];
  @query('dialog.count') private count!: HTMLDialogElement | null;
  private readonly desk = new Desk();

  constructor() {
    super();
    const { shift, goods, leases, sales, linked, ready } = this.desk;
    this.follow(shift, goods, leases, sales, linked, ready, identity, online, second);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void this.desk.start();
    void this.keepPages();
    get<{ items: Festival[] }>('catalog', '/festivals')
      .then(({ items }) => (this.festivals = items))
      .catch(() => undefined);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.desk.stop();
  }

  /** Ask for all of the pages to be kept on this device, before the network is gone. */
  private async keepPages(): Promise<void> {
    if (!('serviceWorker' in navigator)) return;
    navigator.serviceWorker.addEventListener('message', ({ data }) => {
      if (data === 'kept') this.kept = true;
    });
    const worker = await navigator.serviceWorker.ready;
    worker.active?.postMessage('keep');
  }

  protected override updated(): void {
    if (this.closing && this.count && !this.count.open) this.count.showModal();
  }

  protected override render() {
    if (!this.desk.ready.value) return html`<div class="gate bone" aria-busy="true"></div>`;
    const { value: shift } = this.desk.shift;
    if (!shift && !has('cashier'))
      return html`<div class="gate">
        <h1>${t('till.title')}</h1>
        <p>${t('till.gate')}</p>
        <button class="button" @click=${() => askToSignIn()}>${t('signin')}</button>
      </div>`;
    if (!shift) return this.opening();
    return html`${this.bar()}
      <div class="desk">
        <div>${this.shelf()} ${this.made()}</div>
        ${this.basketCard()}
      </div>
      ${this.counting()}
      ${
        this.slip
          ? html`<feira-receipt
              .made=${this.slip}
              .paper=${this.paper}
              .goods=${this.desk.goods.value}
              @closed=${() => (this.shown = null)}
            ></feira-receipt>`
          : nothing
      }`;
  }

  // The shift -----------------------------------------------------------------------------------

  private opening() {
    const own = /^cashier-(.+)$/.exec(identity.value?.subject ?? '')?.[1] ?? '1';
    return html`<form class="open card" @submit=${this.open}>
      <h1>${t('till.open-title')}</h1>
      <label
        >${t('till.festival')}
        <select name="festival" required>
          ${this.festivals.map(
            (one) => html`<option value=${one.festival_id}>${said(one.titles)}</option>`,
          )}
        </select></label
      >
      <label
        >${t('till.booth')}<input
          name="booth"
          required
          pattern="[A-Za-z0-9][A-Za-z0-9._:\\-]*"
          .value=${`booth-${own}`}
      /></label>
      <label
        >${t('till.till')}<input
          name="till"
          required
          pattern="[A-Za-z0-9][A-Za-z0-9._:\\-]*"
          .value=${`till-${own}`}
      /></label>
      <label
        >${t('till.float')}<input
          name="float"
          inputmode="decimal"
          required
          pattern="[0-9]+([.,][0-9]{1,2})?"
          value="500"
      /></label>
      <button class="button" ?disabled=${this.busy}>${t('till.open')}</button>
    </form>`;
  }

  private async open(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const form = new FormData(event.target as HTMLFormElement);
    const said = (name: string): string => String(form.get(name) ?? '');
    this.busy = true;
    try {
      const float = patacas(minor(said('float')));
      await this.desk.open(said('till'), said('festival'), said('booth'), float);
    } catch (error) {
      toast(whyNot(error));
    }
    this.busy = false;
  }

  private bar() {
    const { linked, waiting } = this.desk;
    const away = !linked.value || !online.value;
    return html`<div class="bar">
      <h1>${this.desk.shift.value?.booth_id}</h1>
      <span role="status">
        <span class="chip ${away ? 'bad' : 'good'}"
          >${t(away ? 'till.offline' : 'till.online')}</span
        >
        ${
          waiting.length
            ? html`<span class="chip gold">${t('till.waiting', { count: waiting.length })}</span>`
            : nothing
        }
        ${this.kept ? html`<span class="chip">${t('till.kept')}</span>` : nothing}
        ${
          waiting.length && !identity.value
            ? html`<button class="button small" @click=${() => askToSignIn()}>
                ${t('till.sign-in-to-tell')}
              </button>`
            : nothing
        }
      </span>
      <button class="button small plain end" @click=${() => (this.closing = true)}>
        ${t('till.close')}
      </button>
    </div>`;
  }

  private counting() {
    const waits = this.desk.waiting.length;
    return html`<dialog
      class="count"
      aria-labelledby="count"
      @close=${() => (this.closing = false)}
    >
      <h2 id="count">${t('till.count-title')}</h2>
      ${waits ? html`<p role="alert">${t('till.tell-first', { count: waits })}</p>` : nothing}
      <form @submit=${this.close}>
        <label
          >${t('till.counted')}<input
            name="counted"
            inputmode="decimal"
            required
            pattern="[0-9]+([.,][0-9]{1,2})?"
        /></label>
        <div class="acts">
          <button class="button" ?disabled=${waits > 0}>${t('till.close')}</button>
          <button type="button" class="button plain" @click=${() => this.count?.close()}>
            ${t('close')}
          </button>
        </div>
      </form>
    </dialog>`;
  }

  private async close(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const counted = minor(String(new FormData(event.target as HTMLFormElement).get('counted')));
    try {
      const difference = await this.desk.close(patacas(counted));
      this.count?.close();
      toast(
        difference
          ? t('till.difference', { amount: money(patacas(difference)) })
          : t('till.no-difference'),
      );
    } catch (error) {
      toast(whyNot(error));
    }
  }

  // What is sold --------------------------------------------------------------------------------

  private get found(): readonly Good[] {
    const goods = this.desk.goods.value;
    const asked = this.asked.trim().toLowerCase();
    if (!asked) {
      const own = this.desk.shift.value?.booth_id.replace('booth-', '');
      const mine = goods.filter(({ product }) => product.merchant_id === own);
      return (mine.length ? mine : goods).slice(0, SHOWN);
    }
    return goods
      .filter(({ product }) =>
        [product.sku, product.gtin ?? '', ...Object.values(product.names)].some((text) =>
          text.toLowerCase().includes(asked),
        ),
      )
      .slice(0, SHOWN);
  }

  private shelf() {
    return html`<form class="scan" @submit=${this.scan} role="search">
        <label
          >${t('till.scan')}
          <input
            name="code"
            autocomplete="off"
            autofocus
            enterkeyhint="done"
            .value=${this.asked}
            @input=${(event: Event) => (this.asked = (event.target as HTMLInputElement).value)}
          />
        </label>
      </form>
      <ul class="goods">
        ${this.found.map((good) => this.good(good))}
      </ul>
      ${this.found.length ? nothing : html`<p class="muted">${t('till.nothing')}</p>`}`;
  }

  private good({ product, price }: Good) {
    const name = said(product.names);
    const leased = this.desk.leased(product.sku);
    const lease = this.desk.leases.value.find(
      (one) => one.sku === product.sku && one.left > 0 && Date.parse(one.expires_at) > Date.now(),
    );
    const canAdd = this.mayAdd(product.sku);
    return html`<li class="card item">
      <feira-art .sku=${product.sku} .category=${product.category}></feira-art>
      <div>
        <h3>${name}</h3>
        <span class="sum">${money(price)}</span>
      </div>
      <button
        class="button add"
        aria-label=${t('till.add', { name })}
        ?disabled=${!canAdd}
        @click=${() => this.add(product.sku, 1)}
      >
        +
      </button>
      <div class="lease">
        ${
          lease
            ? html`<span class="chip good"
                >${t('till.leased', { units: leased, time: clock(lease.expires_at) })}</span
              >`
            : html`<span class="muted">${t('till.not-leased')}</span>`
        }
        ${
          this.desk.linked.value && online.value
            ? html`<button
                aria-label="${t('till.lease', { units: LEASED })}: ${name}"
                @click=${() => this.lease(product.sku)}
              >
                ${t('till.lease', { units: LEASED })}
              </button>`
            : nothing
        }
      </div>
    </li>`;
  }

  /** Without a network only what is leased may be sold: the rest is everybody's. */
  private mayAdd(sku: string): boolean {
    if (this.desk.linked.value && online.value) return true;
    return (this.basket.get(sku) ?? 0) < this.desk.leased(sku);
  }

  private async lease(sku: string): Promise<void> {
    try {
      await this.desk.lease(sku, LEASED);
    } catch (error) {
      toast(whyNot(error));
    }
  }

  /** Enter, as scanners press it: what matches alone, by its bar code or name, is in the basket. */
  private scan(event: SubmitEvent): void {
    event.preventDefault();
    const asked = this.asked.trim();
    const exact = this.desk.goods.value.filter(
      ({ product }) => product.gtin === asked || product.sku === asked,
    );
    const found = exact.length ? exact : this.found;
    const [only] = found;
    if (!asked || found.length !== 1 || !only) {
      toast(t(found.length && asked ? 'till.several' : 'till.nothing'));
      return;
    }
    if (!this.mayAdd(only.product.sku)) return toast(t('till.only-leased'));
    this.add(only.product.sku, 1);
    this.asked = '';
  }

  private add(sku: string, units: number): void {
    const next = new Map(this.basket);
    const quantity = (next.get(sku) ?? 0) + units;
    if (quantity > 0) next.set(sku, quantity);
    else next.delete(sku);
    this.basket = next;
  }

  private get lines() {
    return [...this.basket].flatMap(([sku, quantity]) => {
      const good = this.desk.goods.value.find(({ product }) => product.sku === sku);
      return good ? [{ good, sku, quantity, unit_price: good.price }] : [];
    });
  }

  private basketCard() {
    const { lines } = this;
    const total = lines.reduce((sum, line) => sum + line.unit_price.amount * line.quantity, 0);
    const due = rounded(total);
    const change = this.tendered - due;
    return html`<section class="card basket" aria-labelledby="basket">
      <h2 id="basket">${t('till.basket')}</h2>
      ${lines.length ? nothing : html`<p class="muted">${t('till.empty')}</p>`}
      <ul>
        ${lines.map(
          ({ good, sku, quantity, unit_price }) =>
            html`<li>
              <span>${said(good.product.names)}</span>
              <span class="steps">
                <button
                  aria-label=${t('till.less', { name: said(good.product.names) })}
                  @click=${() => this.add(sku, -1)}
                >
                  −
                </button>
                <output>${quantity}</output>
                <button
                  aria-label=${t('till.add', { name: said(good.product.names) })}
                  ?disabled=${!this.mayAdd(sku)}
                  @click=${() => this.add(sku, 1)}
                >
                  +
                </button>
              </span>
              <span class="sum"
                >${money({ ...unit_price, amount: unit_price.amount * quantity })}</span
              >
            </li>`,
        )}
      </ul>
      <p class="due"><span>${t('till.due')}</span><strong>${money(patacas(due))}</strong></p>
      <label
        >${t('till.tendered')}
        <input
          name="tendered"
          inputmode="decimal"
          .value=${this.tendered ? plain(this.tendered) : ''}
          @change=${(event: Event) =>
            (this.tendered = minor((event.target as HTMLInputElement).value))}
        />
      </label>
      <div class="notes">
        <button class="button small plain" @click=${() => (this.tendered = due)}>
          ${t('till.exact')}
        </button>
        ${NOTES.filter((note) => note >= due)
          .slice(0, 3)
          .map(
            (note) =>
              html`<button class="button small plain" @click=${() => (this.tendered = note)}>
                ${money(patacas(note))}
              </button>`,
          )}
      </div>
      <p class="due" role="status">
        <span>${t('till.change')}</span>
        <strong>${lines.length && change >= 0 ? money(patacas(change)) : '—'}</strong>
      </p>
      <button
        class="button hot take"
        ?disabled=${!lines.length || change < 0 || this.busy}
        @click=${this.sell}
      >
        ${t('till.take', { amount: money(patacas(due)) })}
      </button>
    </section>`;
  }

  private async sell(): Promise<void> {
    const lines = this.lines.map(({ sku, quantity, unit_price }) => ({
      sku,
      quantity,
      unit_price,
    }));
    this.busy = true;
    try {
      await this.show(await this.desk.sell(lines, patacas(this.tendered)));
      this.basket = new Map();
      this.tendered = 0;
    } catch (error) {
      toast(whyNot(error));
    }
    this.busy = false;
  }

  // Receipts ------------------------------------------------------------------------------------

  private async show(made: Made): Promise<void> {
    this.paper = null;
    this.shown = made;
    if (!made.told?.order_id) return;
    try {
      this.paper = await this.desk.receipt(made.told.order_id);
    } catch {
      /* what the device knows is shown; the paper can be had later */
    }
  }

  /** The sale whose receipt is shown, with what was said of it since. */
  private get slip(): Made | null {
    const id = this.shown?.sale.sale_id;
    return this.desk.sales.value.find((one) => one.sale.sale_id === id) ?? this.shown;
  }

  private made() {
    const sales = this.desk.sales.value;
    if (!sales.length) return nothing;
    const chip = (made: Made) =>
      made.told?.status === 'refused'
        ? html`<span class="chip bad">${t('till.refused', { why: made.told.code ?? '' })}</span>`
        : made.told
          ? html`<span class="chip good">${made.told.receipt}</span>`
          : html`<span class="chip gold">${t('till.untold')}</span>`;
    return html`<section class="card made" aria-labelledby="made">
      <h2 id="made">${t('till.sales')}</h2>
      <ul>
        ${[...sales].reverse().map(
          (made) =>
            html`<li>
              <span>${clock(made.sale.sold_at)} · ${money(made.due)} ${chip(made)}</span>
              <button @click=${() => this.show(made)}>${t('till.receipt')}</button>
            </li>`,
        )}
      </ul>
    </section>`;
  }
}

const patacas = (amount: number): Money => ({ amount, currency: 'MOP' });

/** Read a decimal text as avos, without a float. */
function minor(text: string): number {
  const found = /^\s*([0-9]{1,7})(?:[.,]([0-9]{1,2}))?\s*$/.exec(text);
  return found ? Number(found[1]) * 100 + Number((found[2] ?? '0').padEnd(2, '0')) : 0;
}

const plain = (amount: number): string =>
  `${Math.floor(amount / 100)}.${String(amount % 100).padStart(2, '0')}`;

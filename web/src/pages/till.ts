/** The till of a booth: scan or type, take the money, hand over a receipt; with or without network. */
import { html, nothing } from 'lit';
import { customElement, query, state } from 'lit/decorators.js';

import type { Receipt } from '../api/types';
import { clock, money } from '../i18n/format';
import { said, t } from '../i18n/i18n';
import { whyNot } from '../i18n/no';
import '../parts/art';
import '../parts/basket';
import { base, Part } from '../parts/part';
import '../parts/receipt';
import '../parts/scanner';
import '../parts/shift';
import type { ShiftClosing } from '../parts/shift';
import { askToSignIn } from '../parts/sign-in';
import { toast } from '../parts/toast';
import { Basket } from '../state/basket';
import { second } from '../state/clock';
import { Desk, LEASED, type Good, type Made } from '../state/desk';
import { has, identity } from '../state/identity';
import { online } from '../state/network';
import { look } from './till.look';

const SHOWN = 12;

@customElement('feira-till')
export class TillPage extends Part {
  static override styles = [base, look];

  @state() private asked = '';
  @state() private shown: Made | null = null;
  @state() private paper: Receipt | null = null;
  @state() private kept = false;
  @query('feira-shift-closing') private closing!: ShiftClosing | null;
  private readonly desk = new Desk();
  private readonly basket = new Basket(this.desk);

  constructor() {
    super();
    const { shift, goods, leases, sales, linked, ready } = this.desk;
    const { units } = this.basket;
    this.follow(shift, goods, leases, sales, linked, ready, units, identity, online, second);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void this.desk.start();
    void this.keepPages();
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

  protected override render() {
    if (!this.desk.ready.value) return html`<div class="gate bone" aria-busy="true"></div>`;
    const { value: shift } = this.desk.shift;
    if (!shift && !has('cashier'))
      return html`<div class="gate">
        <h1>${t('till.title')}</h1>
        <p>${t('till.gate')}</p>
        <button class="button" @click=${() => askToSignIn()}>${t('signin')}</button>
      </div>`;
    if (!shift) return html`<feira-shift-opening .desk=${this.desk}></feira-shift-opening>`;
    return html`${this.bar()}
      <div class="desk">
        <div>${this.shelf()} ${this.made()}</div>
        <feira-basket
          .desk=${this.desk}
          .basket=${this.basket}
          @sold=${(event: CustomEvent<Made>) => this.show(event.detail)}
        ></feira-basket>
      </div>
      <feira-shift-closing .desk=${this.desk}></feira-shift-closing>
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
      <button class="button small plain end" @click=${() => this.closing?.show()}>
        ${t('till.close')}
      </button>
    </div>`;
  }

  // What is sold --------------------------------------------------------------------------------

  private get found(): readonly Good[] {
    const goods = this.desk.onSale;
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
      <feira-scanner
        @scanned=${(event: CustomEvent<string>) => {
          const read = this.enter(event.detail);
          // Who holds a camera does not see the basket.
          if (read) toast(`1 × ${said(read.product.names)}`);
        }}
      ></feira-scanner>
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
    const canAdd = this.basket.mayAdd(product.sku);
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
        @click=${() => this.basket.add(product.sku, 1)}
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

  private async lease(sku: string): Promise<void> {
    try {
      await this.desk.lease(sku, LEASED);
    } catch (error) {
      toast(whyNot(error));
    }
  }

  /** Enter, as scanners press it. */
  private scan(event: SubmitEvent): void {
    event.preventDefault();
    this.enter(this.asked.trim());
  }

  /** What matches alone, by its bar code or name, is in the basket. */
  private enter(asked: string): Good | null {
    this.asked = asked;
    const exact = this.desk.onSale.filter(
      ({ product }) => product.gtin === asked || product.sku === asked,
    );
    const found = exact.length ? exact : this.found;
    const [only] = found;
    if (!asked || found.length !== 1 || !only) {
      toast(t(found.length && asked ? 'till.several' : 'till.nothing'));
      return null;
    }
    if (!this.basket.mayAdd(only.product.sku)) {
      toast(t('till.only-leased'));
      return null;
    }
    this.basket.add(only.product.sku, 1);
    this.asked = '';
    return only;
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

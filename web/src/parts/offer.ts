/** One product on offer in a room: what, by whom, for how much, how many are left, until when. */
import { css, html, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';

import type { Card, Claim, DealCard, PinCard } from '../api/types';
import { gives } from '../i18n/coupon';
import { convert, money, number } from '../i18n/format';
import { said, t } from '../i18n/i18n';
import { now, second } from '../state/clock';
import { know, merchants, products, rates } from '../state/goods';
import './art';
import './countdown';
import { base, Part } from './part';
import './price';
import './seller';

export interface Wanted {
  sku: string;
  deal_id?: string;
}

@customElement('feira-offer')
export class Offer extends Part {
  static override styles = [
    base,
    css`
      article {
        display: grid;
        grid-template-columns: 76px 1fr;
        gap: 0.3rem 0.85rem;
        align-items: center;
        padding: 0.75rem;
        border-radius: 20px;
        background: #fffffff7;
        color: var(--ink);
        box-shadow: var(--shade);
      }
      .deal {
        border: 2px solid var(--gold);
        padding-top: 0;
      }
      .ribbon {
        grid-column: 1 / -1;
        display: flex;
        justify-content: space-between;
        gap: 0.5rem;
        margin: 0 -0.75rem 0.25rem;
        padding: 0.3rem 0.85rem;
        border-radius: 17px 17px 0 0;
        background: var(--gold);
        color: #3b2500;
        font-weight: 700;
        font-size: 0.9rem;
      }
      h2 {
        font-family: inherit;
        font-size: 1rem;
        line-height: 1.25;
        display: -webkit-box;
        -webkit-line-clamp: 2;
        -webkit-box-orient: vertical;
        overflow: hidden;
      }
      .coupon {
        font-size: 0.84rem;
        color: #8f1d0d;
      }
      .warn {
        font-size: 0.8rem;
        color: var(--amber);
      }
      .foot {
        grid-column: 1 / -1;
        display: grid;
        grid-template-columns: 1fr auto;
        gap: 0.5rem 0.9rem;
        align-items: center;
      }
      .stock {
        font-size: 0.85rem;
        color: var(--muted);
      }
      .stock strong {
        color: var(--ink);
      }
      meter {
        display: block;
        width: 100%;
        height: 8px;
        margin-bottom: 0.2rem;
        border: 0;
        border-radius: 9px;
        background: #ece5d6;
      }
      meter::-webkit-meter-bar {
        background: #ece5d6;
        border: 0;
        border-radius: 9px;
        height: 8px;
      }
      meter::-webkit-meter-optimum-value {
        background: var(--red);
        border-radius: 9px;
      }
      meter::-moz-meter-bar {
        background: var(--red);
        border-radius: 9px;
      }
      .button {
        min-width: 8.5rem;
      }
    `,
  ];

  @property({ attribute: false }) card!: Card & Partial<DealCard> & Partial<PinCard>;
  /** What an order of it takes. */
  @property({ attribute: false }) coupons: readonly Claim[] = [];
  /** Whether the room is open: what may be bought may be so now. */
  @property({ type: Boolean }) open = false;
  @property({ type: Boolean }) busy = false;

  constructor() {
    super();
    this.follow(products, merchants, rates, second);
  }

  protected override willUpdate(): void {
    know(this.card.sku, this.card.merchant_id);
  }

  private get isDeal(): boolean {
    return this.card.deal_id !== undefined;
  }

  private get left(): number | null {
    return (this.isDeal ? this.card.left : this.card.free) ?? null;
  }

  protected override render() {
    const { card } = this;
    const product = products.value.get(card.sku);
    const flags = (product?.flags ?? []).filter((flag) =>
      ['alcohol_age_gate', 'allergen_nuts', 'allergen_crustacean'].includes(flag),
    );
    return html`<article class=${this.isDeal ? 'deal' : ''} aria-labelledby="name">
      ${
        this.isDeal
          ? html`<p class="ribbon">
              <span>${t('deal.title')}</span>
              <span
                >${t('deal.ends')} <feira-countdown .until=${card.ends_at!}></feira-countdown
              ></span>
            </p>`
          : nothing
      }
      <feira-art .sku=${card.sku} .category=${product?.category ?? ''}></feira-art>
      <div>
        <h2 id="name">${this.name}</h2>
        <feira-seller
          .name=${this.seller}
          .address=${card.seller?.address ?? null}
          .contact=${card.seller?.contact ?? null}
        ></feira-seller>
        <feira-price
          .money=${card.price}
          .compared=${card.compared_price ?? null}
          .rates=${rates.value}
        ></feira-price>
        ${this.coupons.map(
          ({ terms }) => html`<p class="coupon"><b>${t('coupon.one')}</b> ${gives(terms)}</p>`,
        )}
        ${flags.map((flag) => html`<p class="warn">${t(`flag.${flag}` as 'flag.allergen_nuts')}</p>`)}
      </div>
      <div class="foot">${this.stock()} ${this.action()}</div>
    </article>`;
  }

  private get name(): string {
    const { names, sku } = this.card;
    return said(names ?? products.value.get(sku)?.names) || sku;
  }

  private get seller(): string {
    const { card } = this;
    const merchant = merchants.value.get(card.merchant_id ?? '');
    return said(card.seller?.legal_name ?? merchant?.names) || card.merchant_id || '…';
  }

  private stock() {
    const { left } = this;
    if (left === null) return html`<span></span>`;
    const limit = this.card.per_buyer;
    return html`<div class="stock">
      ${
        this.isDeal
          ? html`<meter min="0" max=${this.card.units!} .value=${left} aria-hidden="true"></meter>`
          : nothing
      }
      <span data-left=${left}>${t('offer.left', { units: number(left) })}</span>
      ${limit ? html`<div>${t('offer.limit', { units: limit })}</div>` : nothing}
    </div>`;
  }

  private action() {
    const over = this.isDeal && Date.parse(this.card.ends_at!) <= now();
    const gone = this.left === 0;
    if (gone || over || !this.open) {
      const why = t(gone ? 'offer.sold-out' : over ? 'offer.over' : 'offer.closed');
      return html`<button class="button hot" disabled aria-label="${why}: ${this.name}">
        ${why}
      </button>`;
    }
    const price =
      this.card.price && (convert(this.card.price, 'CNY', rates.value) ?? this.card.price);
    const label = this.busy
      ? t('offer.asking')
      : t('offer.buy', { price: price ? money(price) : '' });
    return html`<button
      class="button hot"
      aria-disabled=${this.busy ? 'true' : 'false'}
      aria-label="${label}: ${this.name}"
      @click=${this.want}
    >
      ${label}
    </button>`;
  }

  private want(): void {
    if (this.busy) return;
    const { sku, deal_id } = this.card;
    this.tell('wanted', { sku, ...(deal_id ? { deal_id } : {}) } satisfies Wanted);
  }
}

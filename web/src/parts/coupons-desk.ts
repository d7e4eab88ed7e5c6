/** Coupons at the console: those of the festival, handed out in the room and taken down again. */
import { css, html, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';

import type { Issued } from '../api/types';
import { asks, gives, lasts } from '../i18n/coupon';
import { number } from '../i18n/format';
import { t } from '../i18n/i18n';
import { now, second } from '../state/clock';
import type { Console } from '../state/console';
import { know, knowMerchant, merchants, products } from '../state/goods';
import { isOpen } from '../state/wallet';
import { base, Part } from './part';

@customElement('feira-coupons-desk')
export class CouponsDesk extends Part {
  static override styles = [
    base,
    css`
      h2 {
        font-size: 1.1rem;
        margin-bottom: 0.4rem;
      }
      ul {
        max-height: 20rem;
        overflow-y: auto;
      }
      li {
        display: grid;
        grid-template-columns: minmax(0, 1fr) auto;
        gap: 0 0.6rem;
        align-items: center;
        padding: 0.5rem 0;
        border-bottom: 1px solid var(--line);
      }
      li:last-child {
        border: 0;
      }
      h3 {
        font-size: 0.98rem;
      }
      p {
        font-size: 0.84rem;
        overflow-wrap: anywhere;
      }
    `,
  ];

  @property({ attribute: false }) console!: Console;

  constructor() {
    super();
    this.follow(products, merchants, second);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.follow(this.console.coupons, this.console.stream.room, this.console.busy);
  }

  protected override render() {
    const handed = new Map(
      (this.console.stream.room.value?.coupons ?? []).map((one) => [one.coupon_id, one]),
    );
    const shown = this.console.coupons.value.filter(
      (one) => handed.has(one.coupon_id) || mayBeHandedOut(one),
    );
    return html`<section class="card" aria-labelledby="coupons">
      <h2 id="coupons">${t('coupon.title')}</h2>
      ${shown.length ? nothing : html`<p class="muted">${t('coupon.none')}</p>`}
      <ul>
        ${repeat(
          shown,
          (one) => one.coupon_id,
          (one) => this.coupon(one, handed.get(one.coupon_id)?.left),
        )}
      </ul>
    </section>`;
  }

  /** One coupon; what is left of it by the room's stream if it is in the room. */
  private coupon(one: Issued, inRoom: number | undefined) {
    const { coupon_id, terms } = one;
    for (const sku of terms.skus) know(sku);
    if (terms.merchant_id) knowMerchant(terms.merchant_id);
    const here = inRoom !== undefined;
    const label = t(here ? 'coupon.take-down' : 'coupon.hand-out');
    return html`<li>
      <div>
        <h3>
          ${gives(terms)}
          ${here ? html`<span class="chip good">${t('coupon.here')}</span>` : nothing}
        </h3>
        <p>${asks(terms)}</p>
        <p class="muted">
          ${lasts(terms)} · ${t('coupon.left', { left: number(inRoom ?? one.left) })}
        </p>
      </div>
      <button
        class="button small plain"
        aria-label="${label}: ${gives(terms)}, ${asks(terms)}"
        ?disabled=${this.console.busy.value.has(`coupon ${coupon_id}`)}
        @click=${() => this.console.coupon(here ? 'take-down' : 'hand-out', coupon_id)}
      >
        ${label}
      </button>
    </li>`;
  }
}

const mayBeHandedOut = (one: Issued): boolean =>
  !one.withdrawn && isOpen(one) && Date.parse(one.terms.valid_from) <= now();

/** Coupons: those a host hands out in the room, and those one has already; how each stands. */
import { css, html, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';

import type { Claim, Coupon } from '../api/types';
import { asks, gives, lasts } from '../i18n/coupon';
import { dayAndClock, number } from '../i18n/format';
import { t } from '../i18n/i18n';
import { whyNot } from '../i18n/no';
import { now, second } from '../state/clock';
import { know, knowMerchant, merchants, products } from '../state/goods';
import { has } from '../state/identity';
import type { Wallet } from '../state/wallet';
import { base, Part } from './part';
import { askToSignIn } from './sign-in';
import { toast } from './toast';

const CHIPS = {
  usable: 'coupon.yours',
  used: 'coupon.used',
  expired: 'coupon.expired',
  withdrawn: 'coupon.withdrawn',
  'sold-out': 'no.coupon.used-up',
} as const satisfies Record<Claim['state'], string>;

/** A coupon of the room, one's own, or both. */
type One = Pick<Coupon, 'coupon_id' | 'terms'> & { left?: number };

@customElement('feira-coupons')
export class Coupons extends Part {
  static override styles = [
    base,
    css`
      ul {
        display: flex;
        gap: 0.6rem;
        overflow-x: auto;
        scrollbar-width: none;
        margin: 0 -0.8rem;
        padding: 0 0.8rem;
      }
      li {
        flex: 0 0 min(19rem, 88%);
        display: grid;
        grid-template-columns: minmax(0, 1fr) auto;
        gap: 0 0.7rem;
        align-items: center;
        align-content: start;
        padding: 0.5rem 0.7rem 0.5rem 0.9rem;
        border-radius: 14px;
        border-left: 6px dotted var(--red);
        background: #fff5e0;
        color: #4a2b00;
      }
      li:only-child {
        flex-basis: 100%;
      }
      h3 {
        font-size: 1.02rem;
        line-height: 1.2;
        color: #8f1d0d;
      }
      p {
        font-size: 0.8rem;
        line-height: 1.3;
        overflow-wrap: anywhere;
      }
      p,
      label {
        grid-column: 1 / -1;
      }
      label {
        color: #6b4a12;
        display: flex;
        align-items: center;
        gap: 0.5rem;
        min-height: 32px;
        font-size: 0.86rem;
        font-weight: 500;
      }
      input {
        width: 20px;
        min-height: 20px;
        margin: 0;
        accent-color: var(--red);
      }
      @media (min-width: 900px) {
        ul {
          flex-direction: column;
          max-height: 15rem;
          overflow: hidden auto;
          margin: 0;
          padding: 0;
        }
        li,
        li:only-child {
          flex: none;
        }
      }
    `,
  ];

  @property({ attribute: false }) coupons: readonly Coupon[] = [];
  @property({ attribute: false }) wallet!: Wallet;
  @state() private asking = '';

  constructor() {
    super();
    this.follow(products, merchants, second);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.follow(this.wallet.held, this.wallet.aside);
  }

  /** Those of the room; then what one has of others, as long as it has not expired. */
  private get shown(): readonly One[] {
    const here = this.coupons.filter(({ terms }) => now() < Date.parse(terms.valid_until));
    const known = new Set(this.coupons.map(({ coupon_id }) => coupon_id));
    const others = [...this.wallet.held.value.values()].filter(
      ({ coupon_id }) => !known.has(coupon_id) && this.wallet.state(coupon_id) !== 'expired',
    );
    return [...here, ...others.map(({ coupon_id, terms }) => ({ coupon_id, terms }))];
  }

  protected override render() {
    const { shown } = this;
    if (!shown.length) return nothing;
    return html`<section aria-label=${t('coupon.title')}>
      <ul>
        ${repeat(
          shown,
          (one) => one.coupon_id,
          (one) => this.coupon(one),
        )}
      </ul>
    </section>`;
  }

  private coupon(one: One) {
    const { coupon_id, terms, left } = one;
    for (const sku of terms.skus) know(sku);
    if (terms.merchant_id) knowMerchant(terms.merchant_id);
    const claim = this.wallet.held.value.get(coupon_id);
    const state = this.wallet.state(coupon_id);
    return html`<li>
      <h3>${gives(terms)}</h3>
      ${state ? this.mine(state) : this.claimer(one)}
      <p>${asks(terms)}</p>
      <p>
        ${claim ? t('coupon.until', { time: dayAndClock(claim.until) }) : lasts(terms)}
        ${left === undefined ? nothing : html`· ${t('coupon.left', { left: number(left) })}`}
      </p>
      ${
        state === 'usable'
          ? html`<label
              ><input
                type="checkbox"
                .checked=${!this.wallet.aside.value.has(coupon_id)}
                @change=${(event: Event) =>
                  this.wallet.lay(coupon_id, !(event.target as HTMLInputElement).checked)}
              />${t('coupon.use')}</label
            >`
          : nothing
      }
    </li>`;
  }

  private mine(state: Claim['state']) {
    return html`<span class="chip ${state === 'usable' ? 'good' : ''}" role="status"
      >${t(CHIPS[state])}</span
    >`;
  }

  private claimer(one: One) {
    if (one.left === 0) return html`<span class="chip">${t('no.coupon.used-up')}</span>`;
    return html`<button
      class="button small hot"
      aria-label="${t('coupon.claim')}: ${gives(one.terms)}, ${asks(one.terms)}"
      aria-disabled=${this.asking === one.coupon_id ? 'true' : 'false'}
      @click=${() => this.claim(one)}
    >
      ${t('coupon.claim')}
    </button>`;
  }

  private claim(one: One): void {
    if (!has('buyer')) return askToSignIn(() => has('buyer') && this.claim(one));
    if (this.asking) return;
    this.asking = one.coupon_id;
    this.wallet
      .claim(one.coupon_id)
      .catch((error: unknown) => toast(whyNot(error)))
      .finally(() => (this.asking = ''));
  }
}

/** The basket of a till: what is bought, what is given for it, what comes back. */
import { css, html, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';

import { money } from '../i18n/format';
import { said, t } from '../i18n/i18n';
import { whyNot } from '../i18n/no';
import type { Basket } from '../state/basket';
import { minor, patacas, plain } from '../state/cash';
import { rounded, type Desk } from '../state/desk';
import { online } from '../state/network';
import { base, Part } from './part';
import { toast } from './toast';

const NOTES = [1000, 2000, 5000, 10000, 50000, 100000];

@customElement('feira-basket')
export class BasketCard extends Part {
  static override styles = [
    base,
    css`
      h2 {
        font-size: 1.1rem;
        margin-bottom: 0.6rem;
      }
      li {
        display: grid;
        grid-template-columns: minmax(0, 1fr) auto auto;
        gap: 0.6rem;
        align-items: center;
        padding: 0.45rem 0;
        border-bottom: 1px solid var(--line);
      }
      .steps {
        display: inline-flex;
        align-items: center;
        gap: 0.3rem;
      }
      .steps button {
        width: 38px;
        height: 38px;
        border: 1px solid #c4bdae;
        border-radius: 50%;
        background: #fff;
        font-size: 1.1rem;
        line-height: 1;
      }
      .steps output {
        min-width: 1.6em;
        text-align: center;
        font-weight: 700;
      }
      .sum {
        font-variant-numeric: tabular-nums;
        white-space: nowrap;
      }
      .due {
        display: flex;
        justify-content: space-between;
        align-items: baseline;
        margin: 0.8rem 0;
        font-size: 1.05rem;
      }
      .due strong {
        font-size: 1.9rem;
        font-variant-numeric: tabular-nums;
      }
      .notes {
        display: flex;
        flex-wrap: wrap;
        gap: 0.4rem;
        margin: 0.6rem 0;
      }
      @media (max-width: 899px) {
        .due strong {
          font-size: 1.5rem;
        }
      }
      .take {
        width: 100%;
        min-height: 58px;
        font-size: 1.15rem;
      }
    `,
  ];

  @property({ attribute: false }) desk!: Desk;
  @property({ attribute: false }) basket!: Basket;
  @state() private tendered = 0;
  @state() private busy = false;

  override connectedCallback(): void {
    super.connectedCallback();
    this.follow(this.basket.units, this.desk.goods, this.desk.leases, this.desk.linked, online);
  }

  protected override render() {
    const { lines } = this.basket;
    const total = lines.reduce((sum, line) => sum + line.unit_price.amount * line.quantity, 0);
    const due = rounded(total);
    const change = this.tendered - due;
    return html`<section class="card" aria-labelledby="basket">
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
                  @click=${() => this.basket.add(sku, -1)}
                >
                  −
                </button>
                <output>${quantity}</output>
                <button
                  aria-label=${t('till.add', { name: said(good.product.names) })}
                  ?disabled=${!this.basket.mayAdd(sku)}
                  @click=${() => this.basket.add(sku, 1)}
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
    const lines = this.basket.lines.map(({ sku, quantity, unit_price }) => ({
      sku,
      quantity,
      unit_price,
    }));
    this.busy = true;
    try {
      this.tell('sold', await this.desk.sell(lines, patacas(this.tendered)));
      this.basket.clear();
      this.tendered = 0;
    } catch (error) {
      toast(whyNot(error));
    }
    this.busy = false;
  }
}

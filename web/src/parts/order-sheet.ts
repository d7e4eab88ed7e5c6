/** The sheet of one order: yours until, pay here, paid, or sold out. */
import { css, html, nothing, type TemplateResult } from 'lit';
import { customElement, property, query } from 'lit/decorators.js';

import type { Line, Money, Order, Placed } from '../api/types';
import { clock, convert, money } from '../i18n/format';
import { said, t } from '../i18n/i18n';
import { products, rates } from '../state/goods';
import type { Purchase, Step } from '../state/purchase';
import './countdown';
import { base, Part } from './part';
import './qr';

@customElement('feira-order-sheet')
export class OrderSheet extends Part {
  static override styles = [
    base,
    css`
      dialog {
        width: min(100vw, 28rem);
        max-width: 100vw;
        margin: auto auto 0;
        border: 0;
        border-radius: 26px 26px 0 0;
        padding: 1.4rem 1.4rem max(1.4rem, env(safe-area-inset-bottom));
        color: var(--ink);
        text-align: center;
      }
      @media (min-width: 700px) {
        dialog {
          margin: auto;
          border-radius: 26px;
        }
      }
      dialog::backdrop {
        background: #06182ab0;
      }
      .big {
        font: 700 1.7rem/1.2 var(--serif);
        margin: 0.2rem 0 0.4rem;
      }
      .held .big {
        color: var(--jade);
      }
      .no .big {
        color: var(--red);
      }
      .time {
        font-size: 2.1rem;
        font-weight: 700;
        letter-spacing: 0.02em;
      }
      .total {
        font-size: 1.25rem;
        font-weight: 700;
      }
      .what {
        margin: 0.6rem 0;
        padding: 0.7rem;
        border-radius: 14px;
        background: var(--paper);
      }
      .acts {
        display: grid;
        gap: 0.6rem;
        margin-top: 1.1rem;
      }
      .link {
        border: 0;
        background: none;
        min-height: 44px;
        color: var(--muted);
        text-decoration: underline;
      }
      .mark {
        width: 64px;
        height: 64px;
        margin: 0 auto;
        display: block;
      }
      .less {
        color: #8f1d0d;
        font-weight: 650;
      }
      .trouble {
        color: var(--red);
      }
    `,
  ];

  @property({ attribute: false }) purchase: Purchase | null = null;
  @query('dialog') private dialog!: HTMLDialogElement;
  private followed: Purchase | null = null;

  constructor() {
    super();
    this.follow(products, rates);
  }

  protected override willUpdate(): void {
    if (this.purchase && this.purchase !== this.followed) {
      this.followed = this.purchase;
      this.follow(this.purchase.step);
    }
  }

  protected override updated(): void {
    const shown = !['none', 'asking'].includes(this.purchase?.step.value.at ?? 'none');
    if (shown && !this.dialog.open) this.dialog.showModal();
    if (!shown && this.dialog.open) this.dialog.close();
    // What had the focus may be gone with the step before.
    if (shown && !this.shadowRoot?.activeElement)
      this.dialog.querySelector<HTMLElement>('.acts .button')?.focus();
  }

  /** What has become of the order is said where it was said before, so that it is read aloud. */
  protected override render() {
    const step: Step = this.purchase?.step.value ?? { at: 'none' };
    const { look, sentence, why } = outcome(step);
    return html`<dialog aria-labelledby="said" class=${look} @cancel=${this.leave}>
      ${MARKS[step.at] ?? nothing}
      <div role="status">
        <p class="big" id="said">${sentence}</p>
        ${why ? html`<p class=${step.at === 'held' ? 'trouble' : ''}>${why}</p>` : nothing}
      </div>
      ${this.body(step)}
    </dialog>`;
  }

  private body(step: Step) {
    switch (step.at) {
      case 'held':
        return this.held(step);
      case 'paid':
        return html`<p class="muted">
            ${t('order.number', { number: step.order.order_id.slice(-8) })}
          </p>
          ${this.what(step.order)} ${this.leaving(t('order.on'))}`;
      case 'lost':
      case 'refused':
        return this.leaving(t('order.back'));
      default:
        return nothing;
    }
  }

  private leaving(label: string) {
    return html`<div class="acts">
      <button class="button" autofocus @click=${() => this.purchase?.forget()}>${label}</button>
    </div>`;
  }

  private held({ order, paying }: Step & { at: 'held' }) {
    return html`<p class="time" aria-hidden="true">
        <feira-countdown .until=${order.hold_until}></feira-countdown>
      </p>
      ${this.what(order)}
      ${
        paying
          ? html`<p>${t('pay.scan')}</p>
              <feira-qr .text=${paying.pay_url} .label=${t('pay.qr')}></feira-qr>
              <p class="muted">${t('pay.waiting')}</p>`
          : nothing
      }
      <div class="acts">
        ${
          paying
            ? html`<a class="button hot" href=${paying.pay_url} target="_blank" rel="noopener"
                >${t('pay.open')}</a
              >`
            : html`<button class="button hot" autofocus @click=${() => this.purchase?.pay()}>
                ${t('pay.now', { total: order.total ? money(order.total) : '' })}
              </button>`
        }
        <button class="link" @click=${() => this.purchase?.cancel()}>${t('order.cancel')}</button>
      </div>`;
  }

  private what(order: Placed | Order) {
    return html`<div class="what">
      ${order.lines.map(
        (line) =>
          html`<p>
            ${said(products.value.get(line.sku)?.names) || line.sku}
            ${line.quantity > 1 ? html`× ${line.quantity}` : nothing}
          </p>`,
      )}
      ${off(order.lines).map(
        (less) => html`<p class="less">${t('coupon.one')} −${money(less)}</p>`,
      )}
      ${order.total ? this.total(order.total) : nothing}
    </div>`;
  }

  private total(total: Money) {
    const other = convert(total, total.currency === 'CNY' ? 'MOP' : 'CNY', rates.value);
    return html`<p class="total">${money(total)}</p>
      ${other ? html`<p class="muted">≈ ${money(other)}</p>` : nothing}`;
  }

  /** Closing the sheet is not letting go of the units: only that what is over is put away. */
  private leave(event: Event): void {
    if (this.purchase?.step.value.at === 'held') event.preventDefault();
    else this.purchase?.forget();
  }
}

interface Outcome {
  look: 'held' | 'no' | '';
  sentence: string;
  why?: string | undefined;
}

function outcome(step: Step): Outcome {
  switch (step.at) {
    case 'held': {
      const sentence = t('order.yours', { time: clock(step.order.hold_until) });
      return { look: 'held', sentence, why: step.trouble };
    }
    case 'paid':
      return { look: 'held', sentence: t('order.paid') };
    case 'lost':
      return { look: 'no', sentence: t('order.lost'), why: t('order.lost-why') };
    case 'refused':
      return {
        look: 'no',
        sentence: t(step.soldOut ? 'offer.sold-out' : 'order.refused'),
        why: step.why,
      };
    default:
      return { look: '', sentence: '' };
  }
}

/** What coupons take off an order, each once however many lines it is spread on. */
function off(lines: readonly Line[]): Money[] {
  const less = new Map<string, Money>();
  for (const { coupon_id, amount } of lines.flatMap((line) => line.discounts ?? [])) {
    const before = less.get(coupon_id)?.amount ?? 0;
    less.set(coupon_id, { ...amount, amount: before + amount.amount });
  }
  return [...less.values()];
}

const mark = (colour: string, path: string) =>
  html`<svg class="mark" viewBox="0 0 64 64" aria-hidden="true">
    <circle cx="32" cy="32" r="30" fill=${colour} />
    <path
      d=${path}
      fill="none"
      stroke="#fff"
      stroke-width="6"
      stroke-linecap="round"
      stroke-linejoin="round"
    />
  </svg>`;

const MARKS: Partial<Record<Step['at'], TemplateResult>> = {
  paid: mark('#0b6b52', 'M18 33l10 10 19-22'),
  lost: mark('#bf2c19', 'M21 21l22 22M43 21L21 43'),
  refused: mark('#bf2c19', 'M21 21l22 22M43 21L21 43'),
};

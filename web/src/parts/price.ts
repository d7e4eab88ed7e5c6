/** A price: in renminbi first, in patacas beside it. */
import { css, html, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';

import type { Money, Rate } from '../api/types';
import { convert, money } from '../i18n/format';
import { t } from '../i18n/i18n';
import { base, Part } from './part';

@customElement('feira-price')
export class Price extends Part {
  static override styles = [
    base,
    css`
      :host {
        display: flex;
        flex-wrap: wrap;
        align-items: baseline;
        gap: 0 0.6em;
        font-variant-numeric: tabular-nums;
      }
      strong {
        font-size: 1.35em;
        letter-spacing: -0.01em;
        color: var(--red);
      }
      span,
      s {
        font-size: 0.9em;
        color: var(--muted);
      }
    `,
  ];

  @property({ attribute: false }) money: Money | null = null;
  @property({ attribute: false }) compared: Money | null = null;
  @property({ attribute: false }) rates: readonly Rate[] = [];

  protected override render() {
    if (!this.money) return nothing;
    const first = convert(this.money, 'CNY', this.rates) ?? this.money;
    const beside = convert(this.money, 'MOP', this.rates);
    const before = this.compared && (convert(this.compared, first.currency, this.rates) ?? null);
    return html`<strong>${money(first)}</strong> ${
        beside && beside.currency !== first.currency ? html`<span>${money(beside)}</span>` : nothing
      }
      ${
        before
          ? html`<s><span class="unseen">${t('price.before')} </span>${money(before)}</s>`
          : nothing
      }`;
  }
}

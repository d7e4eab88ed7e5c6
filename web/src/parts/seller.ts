/** Who sells, as the law wants it shown: the name at once, address and contact one tap away. */
import { css, html, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';

import { t } from '../i18n/i18n';
import { base, Part } from './part';

@customElement('feira-seller')
export class SellerName extends Part {
  static override styles = [
    base,
    css`
      :host {
        font-size: 0.82rem;
        color: var(--muted);
        min-width: 0;
      }
      .name {
        white-space: nowrap;
        overflow: hidden;
        text-overflow: ellipsis;
      }
      summary {
        cursor: pointer;
        padding: 0.2rem 0;
        margin: -0.2rem 0;
        text-decoration: underline dotted;
        text-underline-offset: 3px;
        list-style-position: outside;
      }
      summary::marker {
        content: '';
      }
      address {
        font-style: normal;
        padding: 0.3rem 0;
        overflow-wrap: anywhere;
      }
    `,
  ];

  @property() name = '';
  @property() address: string | null = null;
  @property() contact: string | null = null;

  protected override render() {
    const sentence = t('offer.seller', { name: this.name });
    if (!this.address && !this.contact) return html`<p class="name">${sentence}</p>`;
    return html`<details>
      <summary class="name">${sentence}</summary>
      <address>
        ${this.address ? html`<div>${t('seller.address')}: ${this.address}</div>` : nothing}
        ${this.contact ? html`<div>${t('seller.contact')}: ${this.contact}</div>` : nothing}
      </address>
    </details>`;
  }
}

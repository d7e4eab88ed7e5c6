/** The receipt of a sale at a till: what the device knows at once, and the paper once it is there. */
import { css, html, nothing } from 'lit';
import { customElement, property, query } from 'lit/decorators.js';

import type { Receipt as Paper } from '../api/types';
import { dayAndClock, money } from '../i18n/format';
import { said, t } from '../i18n/i18n';
import type { Good, Made } from '../state/desk';
import { base, Part } from './part';
import './qr';

@customElement('feira-receipt')
export class Receipt extends Part {
  static override styles = [
    base,
    css`
      dialog {
        width: min(94vw, 24rem);
        border: 0;
        border-radius: 22px;
        padding: 1.4rem;
        color: var(--ink);
      }
      dialog::backdrop {
        background: #0a2f52b0;
      }
      .acts {
        display: grid;
        gap: 0.5rem;
        margin-top: 1rem;
      }
      dialog {
        text-align: center;
      }
      table {
        width: 100%;
        margin: 0.8rem 0;
        border-collapse: collapse;
        font-size: 0.92rem;
        text-align: left;
      }
      td:last-child {
        text-align: right;
        white-space: nowrap;
        font-variant-numeric: tabular-nums;
      }
      tr.line td {
        padding: 0.2rem 0;
        vertical-align: top;
      }
      tr.all td {
        border-top: 1px dashed #9aa3ab;
        font-weight: 700;
        padding-top: 0.35rem;
      }
      @media print {
        .acts {
          display: none;
        }
      }
    `,
  ];

  @property({ attribute: false }) made!: Made;
  @property({ attribute: false }) paper: Paper | null = null;
  @property({ attribute: false }) goods: readonly Good[] = [];
  @query('dialog') private dialog!: HTMLDialogElement;

  protected override firstUpdated(): void {
    this.dialog.showModal();
  }

  protected override render() {
    const { made, paper } = this;
    return html`<dialog aria-labelledby="receipt" @close=${() => this.tell('closed')}>
      <h2 id="receipt">${t('till.receipt')}</h2>
      <p><b>${paper?.number ?? made.told?.receipt ?? t('till.provisional')}</b></p>
      <p class="muted">
        ${paper ? html`${paper.sellers.map((one) => one.name).join(', ')}<br />` : nothing}
        ${dayAndClock(made.sale.sold_at)} · ${made.till_id}
      </p>
      ${
        made.told?.status === 'refused'
          ? html`<p class="chip bad" role="alert">
              ${t('till.refused', { why: made.told.code ?? '' })}
            </p>`
          : nothing
      }
      ${this.table()}
      <feira-qr .text=${paper?.qr ?? provisional(made)} .label=${t('till.qr')}></feira-qr>
      <div class="acts">
        <button class="button" autofocus @click=${() => this.dialog.close()}>
          ${t('till.next')}
        </button>
        <button class="button plain" @click=${() => print()}>${t('till.print')}</button>
      </div>
    </dialog>`;
  }

  private table() {
    const { sale, due, change } = this.made;
    const names = new Map(this.goods.map(({ product }) => [product.sku, said(product.names)]));
    return html`<table>
      ${sale.lines.map(
        ({ sku, quantity, unit_price }) =>
          html`<tr class="line">
            <td>${names.get(sku) ?? sku} × ${quantity}</td>
            <td>${money({ ...unit_price, amount: unit_price.amount * quantity })}</td>
          </tr>`,
      )}
      <tr class="all">
        <td>${t('till.due')}</td>
        <td>${money(due)}</td>
      </tr>
      <tr>
        <td>${t('till.tendered')}</td>
        <td>${money(sale.tendered)}</td>
      </tr>
      <tr>
        <td>${t('till.change')}</td>
        <td>${money(change)}</td>
      </tr>
    </table>`;
  }
}

/** What the code says while no service has given the receipt its number. */
const provisional = ({ sale, till_id, due }: Made): string =>
  `feira:sale:${till_id}:${sale.sale_id}:${due.amount}${due.currency}:${sale.sold_at}`;

/** A session in figures: those of the stream at once, the others as they are reckoned. */
import { css, html, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';

import type { Figure, Money, Stretch } from '../api/types';
import { left, money, number, percent } from '../i18n/format';
import { t, type Key } from '../i18n/i18n';
import type { Console } from '../state/console';
import { base, Part } from './part';

type Form = 'number' | 'money' | 'percent' | 'seconds';

/** What is shown of what the service reckons, in this order, and how it is written. */
const SHOWN = {
  impressions: 'number',
  entry_rate: 'percent',
  uv: 'number',
  pv: 'number',
  pcu: 'number',
  acu: 'number',
  avg_watch_seconds: 'seconds',
  commenters: 'number',
  interaction_rate_uv: 'percent',
  new_followers: 'number',
  follow_rate_uv: 'percent',
  card_exposure_uv: 'number',
  card_click_uv: 'number',
  card_ctr_uv: 'percent',
  click_pay_rate_uv: 'percent',
  buyers: 'number',
  conversion_rate_uv: 'percent',
  gmv_paid: 'money',
  gmv_net: 'money',
  uv_value: 'money',
  gpm_pv: 'money',
  aov_buyers: 'money',
  sell_through: 'percent',
  refund_rate_orders: 'percent',
} as const satisfies Record<string, Form>;

const LATELY = [
  'impressions',
  'uv',
  'messages',
  'likes',
  'card_click_uv',
  'orders',
  'gmv_paid',
] as const;

@customElement('feira-figures')
export class Figures extends Part {
  static override styles = [
    base,
    css`
      h2 {
        display: flex;
        justify-content: space-between;
        font-size: 1.1rem;
        margin-bottom: 0.6rem;
      }
      .bone {
        height: 8rem;
      }
      dl {
        display: grid;
        grid-template-columns: repeat(3, 1fr);
        align-items: end;
        gap: 0.6rem 0.8rem;
      }
      dt {
        font-size: 0.78rem;
        line-height: 1.2;
        color: var(--muted);
      }
      dd {
        font-weight: 700;
        font-variant-numeric: tabular-nums;
        line-height: 1.15;
      }
      .first {
        grid-template-columns: repeat(4, 1fr);
        margin-bottom: 0.9rem;
      }
      .first dd {
        font-size: 1.5rem;
      }
      table {
        width: 100%;
        margin-top: 0.9rem;
        border-top: 1px solid #0002;
        font-variant-numeric: tabular-nums;
      }
      caption {
        text-align: start;
        padding: 0.5rem 0 0.2rem;
        font-weight: 650;
      }
      th,
      td {
        text-align: end;
        font-weight: 400;
        padding: 0.1rem 0 0.1rem 0.5rem;
      }
      th:first-child {
        text-align: start;
        padding-left: 0;
      }
      thead {
        font-size: 0.82rem;
        color: var(--muted);
      }
    `,
  ];

  @property({ attribute: false }) console!: Console;

  override connectedCallback(): void {
    super.connectedCallback();
    this.follow(this.console.figures, this.console.stream.room);
  }

  protected override render() {
    const room = this.console.stream.room.value;
    const figures = this.console.figures.value;
    if (!room) return html`<div class="card bone" aria-busy="true"></div>`;
    const first: [Key, number][] = [
      ['figure.online', room.audience.online],
      ['figure.orders', room.sold.orders],
      ['figure.units', room.sold.units],
      ['figure.likes', room.likes.total],
    ];
    return html`<section class="card" aria-labelledby="figures">
      <h2 id="figures">
        ${t('host.figures')}
        ${figures?.provisional ? html`<span class="chip">${t('figure.provisional')}</span>` : nothing}
      </h2>
      <dl class="first">${first.map(([label, value]) => this.figure(t(label), number(value)))}</dl>
      ${
        figures
          ? html`<dl>
                ${Object.entries(SHOWN).map(([name, form]) =>
                  this.figure(t(`figure.${name}` as Key), written(figures[name] as Figure, form)),
                )}
              </dl>
              ${figures.panel ? this.lately(figures.panel.last, figures.panel.before) : nothing}`
          : nothing
      }
    </section>`;
  }

  private figure(label: string, value: string) {
    return html`<div>
      <dt>${label}</dt>
      <dd>${value}</dd>
    </div>`;
  }

  private lately(last: Stretch, before: Stretch) {
    const form = (name: (typeof LATELY)[number]): Form =>
      name === 'gmv_paid' ? 'money' : 'number';
    return html`<table>
      <caption>
        ${t('figure.lately')}
      </caption>
      <thead>
        <tr>
          <td></td>
          <th scope="col">${t('figure.last')}</th>
          <th scope="col">${t('figure.before')}</th>
        </tr>
      </thead>
      <tbody>
        ${LATELY.map(
          (name) =>
            html`<tr>
              <th scope="row">${t(`figure.${name}` as Key)}</th>
              <td>${written(last[name], form(name))}</td>
              <td>${written(before[name], form(name))}</td>
            </tr>`,
        )}
      </tbody>
    </table>`;
  }
}

/** A figure as text; what there is none of is a dash. */
function written(value: Figure | undefined, form: Form): string {
  if (value === null || value === undefined) return '–';
  if (form === 'money') return (value as Money[]).map(money).join(' + ') || '–';
  if (form === 'percent') return percent(String(value));
  if (form === 'seconds') return left(Number(value) * 1000);
  return number(Number(value));
}

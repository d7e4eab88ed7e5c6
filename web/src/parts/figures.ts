/** A session in figures: those of the stream, and what else this deployment reckons. */
import { css, html } from 'lit';
import { customElement, property } from 'lit/decorators.js';

import type { Room } from '../api/types';
import { number } from '../i18n/format';
import { t, tMaybe } from '../i18n/i18n';
import { base, Part } from './part';

const OF_THE_STREAM = new Set(['online', 'orders', 'units', 'likes']);

@customElement('feira-figures')
export class Figures extends Part {
  static override styles = [
    base,
    css`
      h2 {
        font-size: 1.1rem;
        margin-bottom: 0.6rem;
      }
      .bone {
        height: 8rem;
      }
      .figures {
        display: grid;
        grid-template-columns: 1fr 1fr;
        gap: 0.8rem;
      }
      .figures dt {
        font-size: 0.82rem;
        color: var(--muted);
      }
      .figures dd {
        font-size: 1.5rem;
        font-weight: 700;
        font-variant-numeric: tabular-nums;
        line-height: 1.15;
      }
    `,
  ];

  @property({ attribute: false }) room: Room | null = null;
  @property({ attribute: false }) more: Record<string, unknown> | null = null;

  private get figures(): [string, number][] {
    const { room } = this;
    if (!room) return [];
    const figures: [string, number][] = [
      [t('figure.online'), room.audience.online],
      [t('figure.orders'), room.sold.orders],
      [t('figure.units'), room.sold.units],
    ];
    if (room.likes) figures.push([t('figure.likes'), room.likes.total]);
    for (const [name, value] of Object.entries(this.more ?? {})) {
      const label = tMaybe(`figure.${name}`);
      if (label && typeof value === 'number' && !OF_THE_STREAM.has(name))
        figures.push([label, value]);
    }
    return figures;
  }

  protected override render() {
    if (!this.room) return html`<div class="card bone" aria-busy="true"></div>`;
    return html`<section class="card" aria-labelledby="figures">
      <h2 id="figures">${t('host.figures')}</h2>
      <dl class="figures">
        ${this.figures.map(
          ([label, value]) =>
            html`<div>
              <dt>${label}</dt>
              <dd>${number(value)}</dd>
            </div>`,
        )}
      </dl>
    </section>`;
  }
}

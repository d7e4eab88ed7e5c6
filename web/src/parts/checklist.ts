/** What a session needs before it may begin; nothing where this deployment keeps no list. */
import { css, html, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';

import type { Checklist as List } from '../api/types';
import { t, tMaybe } from '../i18n/i18n';
import { base, Part } from './part';

@customElement('feira-checklist')
export class Checklist extends Part {
  static override styles = [
    base,
    css`
      h2 {
        font-size: 1.1rem;
        margin-bottom: 0.6rem;
      }
      li {
        display: flex;
        gap: 0.6rem;
        padding: 0.25rem 0;
      }
    `,
  ];

  @property({ attribute: false }) list: List | null = null;

  protected override render() {
    if (!this.list) return nothing;
    return html`<section class="card" aria-labelledby="checks">
      <h2 id="checks">${t('host.checklist')}</h2>
      <ul>
        ${this.list.items.map(
          ({ check, ok, reason }) =>
            html`<li>
              <span class="chip ${ok ? 'good' : 'bad'}">${t(ok ? 'host.ok' : 'host.missing')}</span>
              <span>
                ${tMaybe(`check.${check}`) ?? check}
                ${reason ? html`<span class="muted">· ${reason}</span>` : nothing}
              </span>
            </li>`,
        )}
      </ul>
    </section>`;
  }
}

/** All sessions, for who has come to the console of none. */
import { css, html } from 'lit';
import { customElement, state } from 'lit/decorators.js';

import { all } from '../api/http';
import type { Session } from '../api/types';
import { clock, dayAndClock } from '../i18n/format';
import { said, t } from '../i18n/i18n';
import { whyNot } from '../i18n/no';
import { base, Part } from './part';

@customElement('feira-session-list')
export class SessionList extends Part {
  static override styles = [
    base,
    css`
      h1 {
        font-size: 1.6rem;
        margin-bottom: 1rem;
      }
      ul {
        display: grid;
        gap: 0.7rem;
      }
      a {
        display: flex;
        flex-wrap: wrap;
        gap: 0.3rem 0.8rem;
        align-items: center;
        color: inherit;
        text-decoration: none;
      }
      b {
        flex: 1 1 12rem;
      }
      .bone {
        height: 60vh;
      }
    `,
  ];

  @state() private sessions: readonly Session[] | null = null;
  @state() private trouble = '';

  override connectedCallback(): void {
    super.connectedCallback();
    void this.read();
  }

  private async read(): Promise<void> {
    this.trouble = '';
    try {
      this.sessions = await all<Session>('livestream', '/sessions');
    } catch (error) {
      this.trouble = whyNot(error);
    }
  }

  protected override render() {
    if (this.trouble)
      return html`<div role="alert">
        <p>${this.trouble}</p>
        <button class="button" @click=${this.read}>${t('again')}</button>
      </div>`;
    return html`<h1>${t('host.choose')}</h1>
      <ul>
        ${
          this.sessions?.map(
            (one) =>
              html`<li class="card">
                <a href="#/host/${one.session_id}">
                  <b>${said(one.titles)}</b>
                  <span class="muted">${dayAndClock(one.starts_at)}–${clock(one.ends_at)}</span>
                  <span class="chip ${one.status === 'live' ? 'live' : ''}"
                    >${t(`status.${one.status}`)}</span
                  >
                </a>
              </li>`,
          ) ?? html`<li class="bone" aria-busy="true"></li>`
        }
      </ul>`;
  }
}

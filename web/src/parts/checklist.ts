/** What a session needs before it may begin, what is missing, and where it is recorded. */
import { css, html, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';

import type { Check } from '../api/types';
import { said, t, tMaybe } from '../i18n/i18n';
import type { Console } from '../state/console';
import { know, products } from '../state/goods';
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
        align-items: baseline;
        padding: 0.25rem 0;
      }
      li .muted {
        font-size: 0.88rem;
      }
      form {
        display: grid;
        gap: 0.5rem;
        justify-items: start;
        margin-top: 0.8rem;
      }
      label {
        width: 100%;
      }
    `,
  ];

  @property({ attribute: false }) console!: Console;

  override connectedCallback(): void {
    super.connectedCallback();
    this.follow(products, this.console.checklist);
  }

  protected override render() {
    const list = this.console.checklist.value;
    if (!list) return nothing;
    return html`<section class="card" aria-labelledby="checks">
      <h2 id="checks">${t('host.checklist')}</h2>
      <ul>
        ${list.items.map(
          (item) =>
            html`<li>
              <span class="chip ${item.ok ? 'good' : 'bad'}"
                >${t(item.ok ? 'host.ok' : 'host.missing')}</span
              >
              <span>
                ${tMaybe(`check.${item.check}`) ?? item.check}
                ${item.ok ? nothing : html`<span class="muted">· ${this.why(item)}</span>`}
              </span>
            </li>`,
        )}
      </ul>
      ${
        list.items.some(({ check, ok }) => check === 'recording' && !ok)
          ? html`<form @submit=${this.record}>
              <label
                >${t('host.recording')}<input
                  name="manifest"
                  type="url"
                  pattern="https?://.+"
                  placeholder="https://"
                  maxlength="500"
                  required
              /></label>
              <button class="button small plain">${t('host.record')}</button>
            </form>`
          : nothing
      }
    </section>`;
  }

  /** What is missing, in the language of now; the service's own words where there are none. */
  private why({ check, reason, about }: Check): string {
    const named = about.map((one) => {
      if (check === 'licences') return tMaybe(`licence.${one}`) ?? one;
      know(one);
      return said(products.value.get(one)?.names) || one;
    });
    return [tMaybe(`check.${check}.missing`) ?? reason, named.join(' · ')]
      .filter(Boolean)
      .join(' ');
  }

  private async record(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    await this.console.record(String(new FormData(form).get('manifest')).trim());
  }
}

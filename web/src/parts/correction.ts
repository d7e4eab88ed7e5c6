/** What was said wrong is put right before everybody. */
import { css, html } from 'lit';
import { customElement, property } from 'lit/decorators.js';

import { t } from '../i18n/i18n';
import type { Console } from '../state/console';
import { base, Part } from './part';

@customElement('feira-correction')
export class Correction extends Part {
  static override styles = [
    base,
    css`
      h2 {
        font-size: 1.1rem;
      }
      form {
        display: grid;
        gap: 0.6rem;
        justify-items: start;
      }
      label {
        width: 100%;
      }
    `,
  ];

  @property({ attribute: false }) console!: Console;

  protected override render() {
    return html`<form class="card" aria-labelledby="correction" @submit=${this.correct}>
      <h2 id="correction">${t('host.correction')}</h2>
      <label>${t('host.said')}<input name="said" required maxlength="300" /></label>
      <label>${t('host.corrected')}<input name="corrected" required maxlength="300" /></label>
      <button class="button small plain">${t('host.correct')}</button>
    </form>`;
  }

  private async correct(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    const said = new FormData(form);
    const done = await this.console.correct(
      String(said.get('said')),
      String(said.get('corrected')),
    );
    if (done) form.reset();
  }
}

/** Games for a room that is live: a red packet to take from, a lucky draw to enter. */
import { css, html } from 'lit';
import { customElement, property } from 'lit/decorators.js';

import type { Locale } from '../api/types';
import { locale, LOCALES, NAMES, t, type Key } from '../i18n/i18n';
import type { Console } from '../state/console';
import { base, Part } from './part';

const CALLED_FOR = 30;

@customElement('feira-games-desk')
export class GamesDesk extends Part {
  static override styles = [
    base,
    css`
      h2 {
        font-size: 1.1rem;
        margin-bottom: 0.6rem;
      }
      form {
        display: grid;
        grid-template-columns: 1fr 1fr;
        gap: 0.5rem;
        align-items: end;
      }
      form + form {
        margin-top: 1rem;
        padding-top: 0.8rem;
        border-top: 1px solid #0002;
      }
      h3 {
        font-size: 1rem;
      }
      summary {
        cursor: pointer;
        font-size: 0.92rem;
        min-height: 32px;
      }
      details label {
        margin-top: 0.4rem;
      }
      h3,
      .whole {
        grid-column: 1 / -1;
      }
    `,
  ];

  @property({ attribute: false }) console!: Console;

  protected override render() {
    return html`<section class="card" aria-labelledby="games">
      <h2 id="games">${t('games.title')}</h2>
      <form aria-labelledby="packet" @submit=${this.packet}>
        <h3 id="packet">${t('games.packet')}</h3>
        ${this.whole('games.total', 'total', '100')} ${this.whole('games.parts', 'parts', '20')}
        <label class="whole">${t('games.word')}<input name="word" maxlength="40" /></label>
        <button class="button small plain">${t('games.give')}</button>
      </form>
      <form aria-labelledby="draw" @submit=${this.draw}>
        <h3 id="draw">${t('games.draw')}</h3>
        ${this.prize(locale.value, true)}
        <details class="whole">
          <summary>${t('games.others')}</summary>
          <p class="muted">${t('games.others-why')}</p>
          ${LOCALES.filter((one) => one !== locale.value).map((one) => this.prize(one, false))}
        </details>
        ${this.whole('games.value', 'value', '68')} ${this.whole('games.units', 'units', '1')}
        ${this.whole('games.minutes', 'minutes', '3')}
        <button class="button small plain">${t('games.publish')}</button>
      </form>
    </section>`;
  }

  /** What the prize is called in one language. */
  private prize(one: Locale, required: boolean) {
    return html`<label class="whole"
      >${t('games.prize', { language: NAMES[one] })}<input
        name=${one}
        lang=${one}
        maxlength="100"
        ?required=${required}
    /></label>`;
  }

  private whole(label: Key, name: string, value: string) {
    return html`<label
      >${t(label)}<input
        name=${name}
        inputmode="numeric"
        pattern="[1-9][0-9]{0,4}"
        value=${value}
        required
    /></label>`;
  }

  private async packet(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const form = new FormData(event.target as HTMLFormElement);
    await this.console.play('packets', {
      total: renminbi(form.get('total')),
      parts: Number(form.get('parts')),
      word: String(form.get('word')),
    });
  }

  /** The rules are those of the game; where a language has no name for the prize, it has the first. */
  private async draw(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    const wish = new FormData(form);
    const named = (one: Locale): string => String(wish.get(one)).trim();
    const name = Object.fromEntries(LOCALES.map((one) => [one, named(one) || named(locale.value)]));
    const done = await this.console.play('draws', {
      rules: RULES,
      prizes: [{ name, value: renminbi(wish.get('value')), units: Number(wish.get('units')) }],
      open_seconds: Number(wish.get('minutes')) * 60,
      call_seconds: CALLED_FOR,
    });
    if (done) form.reset();
  }
}

const renminbi = (yuan: FormDataEntryValue | null) => ({
  amount: Number(yuan) * 100,
  currency: 'CNY',
});

const RULES = {
  pt: 'Uma participação por pessoa. Ganha quem responder à chamada. O sorteio pode ser verificado.',
  'zh-Hant': '每人參加一次。點名時應答者方可中獎。抽獎結果可驗證。',
  'zh-Hans': '每人参加一次。点名时应答者方可中奖。抽奖结果可验证。',
  en: 'One entry each. Only who answers the call can win. The draw can be checked.',
};

/** A shift at a till: opened with what is in the drawer, closed by counting it. */
import { css, html, nothing } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';

import { get } from '../api/http';
import type { Festival } from '../api/types';
import { money } from '../i18n/format';
import { said, t } from '../i18n/i18n';
import { whyNot } from '../i18n/no';
import { CASH, minor, patacas } from '../state/cash';
import type { Desk } from '../state/desk';
import { identity } from '../state/identity';
import { base, Part } from './part';
import { toast } from './toast';

const ASK_AGAIN = 3000;
const NAME = '[A-Za-z0-9][A-Za-z0-9._:\\-]*';

@customElement('feira-shift-opening')
export class ShiftOpening extends Part {
  static override styles = [
    base,
    css`
      h1 {
        font-size: 1.5rem;
      }
      form {
        display: grid;
        gap: 0.9rem;
        max-width: 26rem;
        margin: 6vh auto;
      }
    `,
  ];

  @property({ attribute: false }) desk!: Desk;
  @state() private festivals: readonly Festival[] = [];
  @state() private busy = false;

  override connectedCallback(): void {
    super.connectedCallback();
    void this.learn();
  }

  /** Ask which festivals there are until somebody answers: without one no shift opens. */
  private async learn(): Promise<void> {
    while (this.isConnected && !this.festivals.length) {
      try {
        this.festivals = (await get<{ items: Festival[] }>('catalog', '/festivals')).items;
      } catch (error) {
        toast(whyNot(error));
      }
      await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN));
    }
  }

  protected override render() {
    const own = /^cashier-(.+)$/.exec(identity.value?.subject ?? '')?.[1] ?? '1';
    return html`<form class="card" @submit=${this.open}>
      <h1>${t('till.open-title')}</h1>
      <label
        >${t('till.festival')}
        <select name="festival" required>
          ${this.festivals.map(
            (one) => html`<option value=${one.festival_id}>${said(one.titles)}</option>`,
          )}
        </select></label
      >
      <label
        >${t('till.booth')}<input name="booth" required pattern=${NAME} .value=${`booth-${own}`}
      /></label>
      <label
        >${t('till.till')}<input name="till" required pattern=${NAME} .value=${`till-${own}`}
      /></label>
      <label
        >${t('till.float')}<input
          name="float"
          inputmode="decimal"
          required
          pattern=${CASH}
          value="500"
      /></label>
      <button class="button" ?disabled=${this.busy || !this.festivals.length}>
        ${t('till.open')}
      </button>
    </form>`;
  }

  private async open(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const form = new FormData(event.target as HTMLFormElement);
    const said = (name: string): string => String(form.get(name) ?? '');
    this.busy = true;
    try {
      const float = patacas(minor(said('float')));
      await this.desk.open(said('till'), said('festival'), said('booth'), float);
    } catch (error) {
      toast(whyNot(error));
    }
    this.busy = false;
  }
}

@customElement('feira-shift-closing')
export class ShiftClosing extends Part {
  static override styles = [
    base,
    css`
      h2 {
        font-size: 1.1rem;
        margin-bottom: 0.6rem;
      }
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
    `,
  ];

  @property({ attribute: false }) desk!: Desk;
  @query('dialog') private count!: HTMLDialogElement | null;

  override connectedCallback(): void {
    super.connectedCallback();
    this.follow(this.desk.sales);
  }

  show(): void {
    this.count?.showModal();
  }

  protected override render() {
    const waits = this.desk.waiting.length;
    return html`<dialog aria-labelledby="count">
      <h2 id="count">${t('till.count-title')}</h2>
      ${waits ? html`<p role="alert">${t('till.tell-first', { count: waits })}</p>` : nothing}
      <form @submit=${this.close}>
        <label
          >${t('till.counted')}<input name="counted" inputmode="decimal" required pattern=${CASH}
        /></label>
        <div class="acts">
          <button class="button" ?disabled=${waits > 0}>${t('till.close')}</button>
          <button type="button" class="button plain" @click=${() => this.count?.close()}>
            ${t('close')}
          </button>
        </div>
      </form>
    </dialog>`;
  }

  private async close(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const counted = minor(String(new FormData(event.target as HTMLFormElement).get('counted')));
    try {
      const difference = await this.desk.close(patacas(counted));
      this.count?.close();
      toast(
        difference
          ? t('till.difference', { amount: money(patacas(difference)) })
          : t('till.no-difference'),
      );
    } catch (error) {
      toast(whyNot(error));
    }
  }
}

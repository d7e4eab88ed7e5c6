/** Signing in: with a token of the issuer, or at home as somebody made up. */
import { css, html, nothing } from 'lit';
import { customElement, query, state } from 'lit/decorators.js';

import { demoToken } from '../api/issuer';
import { t, type Key } from '../i18n/i18n';
import { Cell } from '../state/cell';
import { config } from '../state/config';
import { device } from '../state/device';
import { signIn } from '../state/identity';
import { place } from '../state/router';
import { base, Part } from './part';

/** Asked for by whoever needs to know who this is; `host` is whose the session is. */
export const wanted = new Cell<{ then: () => void } | null>(null);
export const hostOfPlace = new Cell('');

export function askToSignIn(then: () => void = () => undefined): void {
  wanted.set({ then });
}

const ROLES: readonly (readonly [string, Key])[] = [
  ['buyer', 'role.buyer'],
  ['host', 'role.host'],
  ['cashier', 'role.cashier'],
  ['organiser', 'role.organiser'],
];

@customElement('feira-sign-in')
export class SignIn extends Part {
  static override styles = [
    base,
    css`
      dialog {
        width: min(92vw, 26rem);
        border: 0;
        border-radius: 22px;
        padding: 1.5rem;
        color: var(--ink);
        box-shadow: 0 20px 60px #0006;
      }
      dialog::backdrop {
        background: #0a2f52a8;
      }
      form,
      .roles {
        display: grid;
        gap: 0.7rem;
        margin-top: 1rem;
      }
      .roles {
        grid-template-columns: 1fr 1fr;
      }
      .close {
        float: right;
        border: 0;
        background: none;
        font-size: 1.5rem;
        line-height: 1;
        min-width: 44px;
        min-height: 44px;
        margin: -0.6rem -0.6rem 0 0;
      }
      .wrong {
        color: var(--red);
      }
    `,
  ];

  @query('dialog') private dialog!: HTMLDialogElement;
  @state() private wrong = false;

  constructor() {
    super();
    this.follow(wanted, hostOfPlace);
  }

  protected override updated(): void {
    if (wanted.value && !this.dialog.open) this.dialog.showModal();
    if (!wanted.value && this.dialog.open) this.dialog.close();
  }

  protected override render() {
    return html`<dialog aria-labelledby="title" @close=${() => wanted.set(null)}>
      <button class="close" aria-label=${t('close')} @click=${() => this.dialog.close()}>×</button>
      <h2 id="title">${t('signin.title')}</h2>
      ${config.demo ? this.madeUp() : nothing}
      <form @submit=${this.take}>
        <label
          >${t('signin.token')}
          <input name="token" autocomplete="off" spellcheck="false" required />
        </label>
        ${this.wrong ? html`<p class="wrong" role="alert">${t('signin.wrong')}</p>` : nothing}
        <button class="button plain">${t('signin.take')}</button>
      </form>
    </dialog>`;
  }

  private madeUp() {
    return html`<p class="muted">${t('signin.demo')}</p>
      <div class="roles">
        ${ROLES.map(
          ([role, name]) =>
            html`<button
              class="button ${role === this.likely ? '' : 'plain'}"
              @click=${() => this.become(role)}
            >
              ${t(name)}
            </button>`,
        )}
      </div>`;
  }

  /** Who somebody at this page most likely wants to be. */
  private get likely(): string {
    const { page } = place.value;
    return page === 'host' ? 'host' : page === 'till' ? 'cashier' : 'buyer';
  }

  private async become(role: string): Promise<void> {
    const subjects: Record<string, string> = {
      host: hostOfPlace.value || 'host-sess-1',
      cashier: 'cashier-m01',
      organiser: 'organiser',
    };
    try {
      this.done(await demoToken(role, subjects[role] ?? `buyer-${device()}`));
    } catch {
      this.wrong = true;
    }
  }

  private take(event: SubmitEvent): void {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    this.done(String(new FormData(form).get('token')));
    form.reset();
  }

  private done(token: string): void {
    this.wrong = !signIn(token);
    if (this.wrong) return;
    const then = wanted.value?.then;
    wanted.set(null);
    then?.();
  }
}

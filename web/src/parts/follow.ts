/** The button that follows a host, or follows them no longer. */
import { css, html, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';

import { all, ask } from '../api/http';
import { t } from '../i18n/i18n';
import { whyNot } from '../i18n/no';
import { has, identity } from '../state/identity';
import { base, Part } from './part';
import { askToSignIn } from './sign-in';
import { toast } from './toast';

@customElement('feira-follow')
export class Follow extends Part {
  static override styles = [
    base,
    css`
      button {
        min-height: 32px;
        padding: 0.1rem 0.8rem;
        border: 1.5px solid #fff;
        border-radius: 999px;
        background: #00000073;
        color: #fff;
        font-size: 0.82rem;
        font-weight: 650;
      }
      button[aria-pressed='true'] {
        background: #fff;
        color: var(--deep);
      }
    `,
  ];

  @property() host = '';
  @property() session = '';
  @state() private followed: ReadonlySet<string> = new Set();
  private busy = false;
  private end: (() => void) | undefined;

  constructor() {
    super();
    this.follow(identity);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.end = identity.subscribe(() => void this.read());
    void this.read();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.end?.();
  }

  protected override render() {
    if (identity.value && !has('buyer')) return nothing;
    const pressed = this.followed.has(this.host);
    return html`<button
      aria-pressed=${pressed ? 'true' : 'false'}
      aria-label=${t('follow.host')}
      @click=${() => (has('buyer') ? this.turn() : askToSignIn(() => void this.join()))}
    >
      <span aria-hidden="true">${pressed ? '✓' : '+'}</span> ${t('follow.follow')}
    </button>`;
  }

  /** Whom somebody follows is for them alone: others follow nobody here. */
  private async read(): Promise<void> {
    if (!has('buyer')) {
      this.followed = new Set();
      return;
    }
    try {
      const hosts = await all<{ host_id: string }>('livestream', '/follows');
      this.followed = new Set(hosts.map((one) => one.host_id));
    } catch {
      /* who cannot be told follows on a tap all the same */
    }
  }

  /** Who has just signed in to follow does, and does not stop if they did before. */
  private async join(): Promise<void> {
    if (!has('buyer')) return;
    await this.read();
    if (!this.followed.has(this.host)) await this.turn();
  }

  private async turn(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    const path = `/follows/${encodeURIComponent(this.host)}`;
    const next = new Set(this.followed);
    try {
      if (next.delete(this.host)) await ask('livestream', path, { method: 'DELETE' });
      else {
        const body = { session_id: this.session };
        await ask('livestream', path, { method: 'PUT', body });
        next.add(this.host);
      }
      this.followed = next;
    } catch (error) {
      toast(whyNot(error));
    }
    this.busy = false;
  }
}

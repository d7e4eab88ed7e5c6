/** The chat for who looks after it: how slow it goes, and what is done about a message, with a reason. */
import { css, html, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';

import { ask } from '../api/http';
import type { Message, Standing } from '../api/types';
import { clock, number } from '../i18n/format';
import { t, tMaybe, type Key } from '../i18n/i18n';
import { now, second } from '../state/clock';
import type { Console } from '../state/console';
import { has } from '../state/identity';
import './chat';
import { base, Part } from './part';

const SLOW = [0, 5, 15, 30, 60];
const MUTED_FOR = 300;
const REASONS = ['insult', 'spam', 'false', 'other'] as const;

@customElement('feira-moderation')
export class Moderation extends Part {
  static override styles = [
    base,
    css`
      label {
        display: flex;
        gap: 0.6rem;
        align-items: center;
        justify-content: space-between;
        margin-bottom: 0.6rem;
      }
      select {
        width: auto;
        margin: 0;
      }
      feira-chat {
        height: 20rem;
        --chat-bubble: var(--paper);
        --chat-field: var(--paper);
      }
      .about {
        display: grid;
        gap: 0.5rem;
        margin-top: 0.6rem;
        padding-top: 0.6rem;
        border-top: 1px solid #0002;
      }
      .acts {
        display: flex;
        flex-wrap: wrap;
        gap: 0.4rem;
      }
      .silenced {
        margin-top: 0.8rem;
        padding-top: 0.6rem;
        border-top: 1px solid #0002;
      }
      h3 {
        font-size: 0.92rem;
      }
      .silenced ul {
        max-height: 15rem;
        overflow-y: auto;
      }
      .silenced li {
        display: flex;
        gap: 0.5rem;
        align-items: center;
        justify-content: space-between;
        padding: 0.3rem 0;
        overflow-wrap: anywhere;
      }
      .silenced li > span {
        min-width: 0;
        font-size: 0.92rem;
      }
      .silenced button {
        flex: none;
      }
      blockquote {
        margin: 0;
        overflow-wrap: anywhere;
        font-size: 0.92rem;
      }
    `,
  ];

  @property({ attribute: false }) console!: Console;
  @state() private about: Message | null = null;
  @state() private reason: (typeof REASONS)[number] = 'insult';
  /** Of the mode as it is shown: the ETag, and how slow it goes. */
  private mode = { etag: '', seconds: -1 };

  override connectedCallback(): void {
    super.connectedCallback();
    this.follow(this.console.stream.room, this.console.silenced, second);
  }

  private get path(): string {
    return `/rooms/${encodeURIComponent(this.console.session)}`;
  }

  protected override updated(): void {
    const seconds = this.console.stream.room.value?.chat.slow_seconds;
    if (seconds !== undefined && seconds !== this.mode.seconds) void this.readMode(seconds);
  }

  /** Know the version of what is shown, so that nobody's change is undone unseen. */
  private async readMode(seconds: number): Promise<void> {
    this.mode = { ...this.mode, seconds };
    try {
      const { etag } = await ask('livestream', `${this.path}/chat`);
      this.mode = { etag, seconds };
    } catch {
      this.mode = { ...this.mode, seconds: -1 };
    }
  }

  protected override render() {
    const chat = this.console.stream.room.value?.chat;
    if (!chat) return nothing;
    return html`<section class="card" aria-label=${t('chat.title')}>
      <label
        >${t('host.slow')}
        <select @change=${this.slow}>
          ${SLOW.map(
            (seconds) =>
              html`<option value=${seconds} .selected=${chat.slow_seconds === seconds}>
                ${seconds ? `${seconds} s` : t('host.slow-off')}
              </option>`,
          )}
        </select>
      </label>
      <feira-chat
        .session=${this.console.session}
        .talk=${chat}
        moderated
        @about=${(event: CustomEvent<Message>) => (this.about = event.detail)}
      ></feira-chat>
      ${this.about ? this.dealing(this.about) : nothing} ${this.silenced()}
    </section>`;
  }

  /** Who may not speak as it is now: a time that is up is over before it is read again. */
  private get standings(): readonly Standing[] {
    return this.console.silenced.value.filter((one) => one.banned || isMuted(one));
  }

  private silenced() {
    const { standings } = this;
    return html`<div class="silenced">
      <h3 id="silenced">
        ${t('host.silenced')}
        ${standings.length ? html`<span class="chip">${number(standings.length)}</span>` : nothing}
      </h3>
      ${standings.length ? nothing : html`<p class="muted">${t('host.silenced-none')}</p>`}
      <ul aria-labelledby="silenced">
        ${repeat(
          standings,
          (one) => one.author_id,
          (one) => this.standing(one),
        )}
      </ul>
    </div>`;
  }

  private standing(one: Standing) {
    const { author_id, nick, banned, bans, muted_until, reason } = one;
    const label: Key = banned ? 'chat.unban' : 'chat.unmute';
    return html`<li>
      <span>
        <b>${nick}</b>
        <span class="chip ${banned ? 'bad' : 'gold'}"
          >${banned ? t(bans?.includes('festival') ? 'host.banned-all' : 'host.banned') : t('host.until', { time: clock(muted_until!) })}</span
        >
        <span class="muted">${tMaybe(`reason.${reason}`) ?? reason}</span>
      </span>
      <button
        class="button small plain"
        aria-label="${t(label)}: ${nick}"
        @click=${() => this.console.silence('DELETE', banned ? 'bans' : 'mutes', { author_id })}
      >
        ${t(label)}
      </button>
    </li>`;
  }

  private dealing(one: Message) {
    const standing = this.standings.find(({ author_id }) => author_id === one.author.id);
    const muted = standing && isMuted(standing);
    const button = (label: Key, go: () => void) =>
      html`<button class="button small plain" @click=${go}>${t(label)}</button>`;
    const author = { author_id: one.author.id, reason: this.reason };
    return html`<div class="about" role="group" aria-label=${t('chat.moderate')}>
      <blockquote><b>${one.author.nick}</b> ${one.text}</blockquote>
      <label
        >${t('chat.reason')}
        <select
          @change=${(event: Event) =>
            (this.reason = (event.target as HTMLSelectElement).value as typeof this.reason)}
        >
          ${REASONS.map(
            (each) =>
              html`<option value=${each} .selected=${each === this.reason}>
                ${t(`reason.${each}`)}
              </option>`,
          )}
        </select>
      </label>
      <div class="acts">
        ${button('chat.hide', () => void this.hide(one, false))}
        ${button('chat.delete', () => void this.hide(one, true))}
        ${
          one.author.role === 'buyer'
            ? html`${
                muted
                  ? button(
                      'chat.unmute',
                      () => void this.console.silence('DELETE', 'mutes', author),
                    )
                  : button(
                      'chat.mute',
                      () =>
                        void this.console.silence('POST', 'mutes', {
                          ...author,
                          seconds: MUTED_FOR,
                        }),
                    )
              }
              ${
                standing?.banned
                  ? button('chat.unban', () => void this.console.silence('DELETE', 'bans', author))
                  : button('chat.ban', () => void this.console.silence('POST', 'bans', author))
              }
              ${
                has('organiser') && !standing?.bans?.includes('festival')
                  ? button(
                      'chat.ban-all',
                      () =>
                        void this.console.silence('POST', 'bans', { ...author, scope: 'festival' }),
                    )
                  : nothing
              }`
            : nothing
        }
        ${button('close', () => (this.about = null))}
      </div>
      <p class="muted" role="status">
        ${
          standing?.banned
            ? t('chat.banned')
            : muted
              ? t('chat.muted', { until: clock(standing!.muted_until!) })
              : nothing
        }
      </p>
    </div>`;
  }

  private slow(event: Event): void {
    const slow_seconds = Number((event.target as HTMLSelectElement).value);
    void this.console.act('slow', async () => {
      const body = { slow_seconds };
      const asking = { method: 'PUT', body, seen: this.mode.etag };
      try {
        this.mode.etag = (await ask('livestream', `${this.path}/chat`, asking)).etag;
      } finally {
        this.requestUpdate();
      }
    });
  }

  private async hide(one: Message, deleted: boolean): Promise<void> {
    const body = { reason: this.reason, deleted };
    const path = `${this.path}/messages/${one.message_id}/hiding`;
    const done = await this.console.act(`hide ${one.message_id}`, () =>
      ask('livestream', path, { method: 'POST', body }),
    );
    if (done) this.about = null;
  }
}

const isMuted = ({ muted_until }: Standing): boolean =>
  muted_until !== null && Date.parse(muted_until) > now();

/** The chat of a room: what was said, and a line to say something. */
import { css, html, nothing, type PropertyValues } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';

import { post, Problem } from '../api/http';
import type { Chat as Talk, Message } from '../api/types';
import { left } from '../i18n/format';
import { t, type Key } from '../i18n/i18n';
import { whyNot } from '../i18n/no';
import { now } from '../state/clock';
import { device } from '../state/device';
import { has, identity } from '../state/identity';
import { base, Part } from './part';
import { askToSignIn } from './sign-in';

const NICK = 'feira.nick';

@customElement('feira-chat')
export class Chat extends Part {
  static override styles = [
    base,
    css`
      :host {
        display: flex;
        flex-direction: column;
        min-height: 0;
        gap: 0.5rem;
      }
      .log {
        flex: 1;
        min-height: 0;
        overflow-y: auto;
        overscroll-behavior: contain;
        scrollbar-width: thin;
        display: flex;
        flex-direction: column;
      }
      ol {
        margin-top: auto;
        display: flex;
        flex-direction: column;
        gap: 0.35rem;
      }
      li {
        align-self: flex-start;
        max-width: 100%;
        padding: 0.3rem 0.75rem;
        border-radius: 14px;
        background: var(--chat-bubble, #fff);
        overflow-wrap: anywhere;
        font-size: 0.94rem;
        line-height: 1.35;
      }
      li b {
        color: var(--chat-name, var(--blue));
        font-weight: 650;
        margin-right: 0.35em;
      }
      li.staff {
        background: var(--gold);
        color: #3b2500;
      }
      li.staff b {
        color: #5d2400;
      }
      li button {
        border: 0;
        border-radius: 8px;
        background: #0001;
        min-width: 30px;
        min-height: 30px;
        margin-left: 0.3rem;
        color: inherit;
      }
      form {
        display: flex;
        gap: 0.5rem;
      }
      input {
        flex: 1;
        min-width: 0;
        border-radius: 999px;
        border-color: transparent;
        background: var(--chat-field, #fff);
        color: inherit;
      }
      input::placeholder {
        color: inherit;
        opacity: 0.75;
      }
      .hint {
        font-size: 0.85rem;
      }
    `,
  ];

  @property() session = '';
  @property({ attribute: false }) talk: Talk | null = null;
  /** Whether each message can be chosen by a moderator, who waits for nobody. */
  @property({ type: Boolean }) moderated = false;
  @state() private trouble = '';
  /** From when on, by the services' clock, there may be another message. */
  @state() private again = 0;
  @state() private sending = false;
  @query('.log') private list!: HTMLElement | null;
  private atEnd = true;
  private counting: ReturnType<typeof setInterval> | undefined;
  private readonly resized = new ResizeObserver(() => this.stayAtEnd());

  constructor() {
    super();
    this.follow(identity);
  }

  protected override willUpdate(): void {
    const { list } = this;
    this.atEnd = !list || list.scrollHeight - list.scrollTop - list.clientHeight < 48;
  }

  protected override updated(changed: PropertyValues): void {
    if (!changed.has('talk') || !this.list) return;
    this.resized.observe(this.list);
    this.stayAtEnd();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.resized.disconnect();
    clearInterval(this.counting);
  }

  /** Who reads the end sees what is added; who has scrolled back is left there. */
  private stayAtEnd(): void {
    if (this.atEnd && this.list) this.list.scrollTop = this.list.scrollHeight;
  }

  protected override render() {
    if (!this.talk) return nothing;
    const slow = this.talk.slow_seconds;
    const wait = this.again - now();
    return html`<div class="log" role="log" aria-label=${t('chat.title')} tabindex="0">
        <ol>
          ${repeat(
            this.talk.recent,
            (one) => one.message_id,
            (one) => this.line(one),
          )}
        </ol>
      </div>
      ${
        wait > 0
          ? html`<p class="hint" role="timer">${t('chat.wait', { time: left(wait) })}</p>`
          : slow
            ? html`<p class="hint">${t('chat.slow', { seconds: slow })}</p>`
            : nothing
      }
      ${this.trouble ? html`<p class="hint" role="alert">${this.trouble}</p>` : nothing}
      <form @submit=${this.send}>
        <input
          name="text"
          maxlength="500"
          autocomplete="off"
          enterkeyhint="send"
          aria-label=${t('chat.say')}
          placeholder=${t('chat.say')}
          ?readonly=${this.sending}
        />
        <button class="button small" aria-disabled=${wait > 0 ? 'true' : 'false'}>
          ${t('chat.send')}
        </button>
      </form>`;
  }

  private line(one: Message) {
    const role = one.author.role === 'buyer' ? '' : 'staff';
    return html`<li class=${role}>
      <b>${one.author.nick}</b
      ><span class="unseen"
        >${role ? html` (${t(`chat.role.${one.author.role}` as Key)})` : nothing}: </span
      >${one.text}
      ${
        this.moderated
          ? html`<button
              aria-label="${t('chat.moderate')}: ${one.author.nick}"
              @click=${() => this.tell('about', one)}
            >
              ⋯
            </button>`
          : nothing
      }
    </li>`;
  }

  private async send(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const field = (event.target as HTMLFormElement).elements.namedItem('text') as HTMLInputElement;
    const text = field.value.trim();
    if (!text || this.sending || now() < this.again) return;
    if (!has('buyer', 'host', 'organiser')) return askToSignIn();
    this.sending = true;
    try {
      const wish = { text, nick: nick(), device: device() };
      const path = `/rooms/${encodeURIComponent(this.session)}/messages`;
      const { author } = await post<Message>('livestream', path, wish);
      field.value = '';
      this.trouble = '';
      if (author.role === 'buyer') this.waitFor(this.talk?.slow_seconds ?? 0);
    } catch (error) {
      this.trouble = whyNot(error);
      if (error instanceof Problem && error.status === 401) askToSignIn();
      if (error instanceof Problem && error.status === 429) {
        this.trouble = '';
        this.waitFor(error.retryAfter || Number(error.facts['retry_after'] ?? 0));
      }
    }
    this.sending = false;
    field.focus();
  }

  private waitFor(seconds: number): void {
    this.again = now() + seconds * 1000;
    clearInterval(this.counting);
    this.counting = setInterval(() => {
      this.requestUpdate();
      if (now() >= this.again) clearInterval(this.counting);
    }, 1000);
  }
}

/** What the others see this person by: never who they are. */
function nick(): string {
  const kept = localStorage.getItem(NICK);
  if (kept) return kept;
  const made = `${t('chat.guest')} ${device().slice(-4)}`.slice(0, 24);
  localStorage.setItem(NICK, made);
  return made;
}

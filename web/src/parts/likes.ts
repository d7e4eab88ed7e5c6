/** The like button: taps are gathered and sent together. */
import { css, html, nothing, type PropertyValues } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';

import { post } from '../api/http';
import { number } from '../i18n/format';
import { t } from '../i18n/i18n';
import { has } from '../state/identity';
import { base, Part } from './part';
import { askToSignIn } from './sign-in';

const MOST = 50;

@customElement('feira-likes')
export class Likes extends Part {
  static override styles = [
    base,
    css`
      button {
        display: grid;
        justify-items: center;
        gap: 0.1rem;
        min-width: 56px;
        min-height: 56px;
        border: 0;
        border-radius: 18px;
        background: #00000059;
        color: #fff;
        font-size: 0.8rem;
        font-weight: 650;
        position: relative;
      }
      svg {
        width: 26px;
        height: 26px;
      }
      i {
        position: absolute;
        bottom: 70%;
        left: calc(50% - 0.6rem);
        font-style: normal;
        font-size: 1.3rem;
        color: #ff7b6b;
        animation: rise 1.1s ease-out forwards;
        pointer-events: none;
      }
      @keyframes rise {
        to {
          transform: translateY(-90px) scale(1.5);
          opacity: 0;
        }
      }
      @media (prefers-reduced-motion: reduce) {
        i {
          display: none;
        }
      }
    `,
  ];

  @property() session = '';
  @property({ type: Number }) total = 0;
  /** Likes of one's own that the total does not count yet, and those of them that are not sent. */
  @state() private mine = 0;
  private unsent = 0;
  @state() private hearts: number[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** What the total has grown by was one's own first: the count never goes back. */
  protected override willUpdate(changed: PropertyValues): void {
    const before = changed.get('total');
    if (typeof before === 'number')
      this.mine = Math.max(this.unsent, this.mine - (this.total - before));
  }

  protected override render() {
    return html`<button
      @click=${this.like}
      aria-label="${t('likes.like')}: ${number(this.total + this.mine)}"
    >
      ${this.hearts.length ? this.hearts.map(() => html`<i aria-hidden="true">♥</i>`) : nothing}
      <svg viewBox="0 0 24 24" fill="#ff7b6b" aria-hidden="true">
        <path
          d="M12 21C5 15.5 2.5 12 3 8c.6-4.5 6.5-5.500 9-1.500 2.500-4 8.400-3 9 1.500.5 4-2 7.500-9 13z"
        />
      </svg>
      <span>${number(this.total + this.mine)}</span>
    </button>`;
  }

  private like(): void {
    if (!has('buyer', 'host', 'organiser')) return askToSignIn();
    this.hearts = [...this.hearts, this.mine];
    setTimeout(() => (this.hearts = this.hearts.slice(1)), 1100);
    if (this.unsent === MOST) return;
    this.unsent += 1;
    this.mine += 1;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.send(), 900);
  }

  private async send(): Promise<void> {
    const count = this.unsent;
    this.unsent = 0;
    try {
      await post('livestream', `/rooms/${encodeURIComponent(this.session)}/likes`, { count });
    } catch {
      // A like that is lost is not worth a word.
      this.mine = Math.max(0, this.mine - count);
    }
  }
}

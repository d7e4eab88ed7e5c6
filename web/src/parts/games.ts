/** Red packets and lucky draws, for who watches: take, enter, answer the call, see who won. */
import { css, html, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';

import { get, post, Problem } from '../api/http';
import type { Draw, Money, OwnDraw, Packet, Room } from '../api/types';
import { money, number } from '../i18n/format';
import { said, t, type Key } from '../i18n/i18n';
import { whyNot } from '../i18n/no';
import { now, second } from '../state/clock';
import { has, identity } from '../state/identity';
import './countdown';
import { base, Part } from './part';
import { askToSignIn } from './sign-in';

@customElement('feira-games')
export class Games extends Part {
  static override styles = [
    base,
    css`
      :host {
        display: grid;
        gap: 0.5rem;
        max-height: 45%;
        overflow-y: auto;
      }
      section {
        display: flex;
        flex-wrap: wrap;
        gap: 0.4rem 0.8rem;
        align-items: center;
        padding: 0.55rem 0.8rem;
        border-radius: 16px;
        background: #8f1d0d;
        color: #fff;
      }
      .draw {
        background: #fdf0d0;
        color: #5b3b00;
      }
      h2 {
        font-size: 1rem;
      }
      p {
        font-size: 0.9rem;
      }
      input {
        flex: 1 1 6rem;
        width: auto;
        min-height: 36px;
        color: var(--ink);
      }
      details {
        flex-basis: 100%;
        font-size: 0.8rem;
      }
      code {
        overflow-wrap: anywhere;
      }
    `,
  ];

  @property({ attribute: false }) room!: Room;
  @state() private shares: ReadonlyMap<string, Money> = new Map();
  @state() private own: ReadonlyMap<string, OwnDraw> = new Map();
  @state() private trouble = '';
  private asked = new Set<string>();

  constructor() {
    super();
    this.follow(identity, second);
  }

  private get path(): string {
    return `/rooms/${encodeURIComponent(this.room.session_id)}`;
  }

  protected override render() {
    const draws = this.room.draws.slice(-1);
    const packets = this.room.packets.filter((one) => !this.shares.has(one.packet_id));
    return html`${[...this.shares.values()].slice(-1).map((got) => this.share(got))}
    ${packets.map((one) => this.packet(one))} ${draws.map((one) => this.draw(one))}
    ${this.trouble ? html`<p role="alert">${this.trouble}</p>` : nothing}`;
  }

  private packet(one: Packet) {
    const opens = Date.parse(one.opens_at) > now();
    return html`<section aria-label=${t('games.packet')}>
      <h2>${t('games.packet')} ${money(one.total)}</h2>
      ${
        opens
          ? html`<p>
              ${t('games.opens')} <feira-countdown .until=${one.opens_at}></feira-countdown>
            </p>`
          : html`<p>${t('games.left', { left: number(one.left), parts: number(one.parts) })}</p>
              <form @submit=${(event: SubmitEvent) => this.take(event, one)}>
                ${
                  one.asks_word
                    ? html`<input
                        name="word"
                        maxlength="80"
                        required
                        aria-label=${t('games.say-word')}
                        placeholder=${t('games.say-word')}
                      />`
                    : nothing
                }
                <button class="button small">${t('games.take')}</button>
              </form>`
      }
    </section>`;
  }

  /** What was got stays to be read, also when the packet is empty by then. */
  private share(got: Money) {
    return html`<section aria-label=${t('games.packet')}>
      <p role="status">${t('games.got', { amount: money(got) })}</p>
    </section>`;
  }

  private draw(one: Draw) {
    const own = this.ownOf(one);
    const prize = one.prizes
      .map((each) => `${number(each.units)} × ${said(each.name)} (${money(each.value)})`)
      .join(' · ');
    const closed = Date.parse(one.closes_at) <= now();
    return html`<section class="draw" aria-label=${t('games.draw')}>
      <h2>${t('games.draw')}</h2>
      <p>${prize}</p>
      ${one.status === 'drawn' ? this.outcome(one, own) : this.step(one, own, closed)}
      <details>
        <summary>${t('games.rules')}</summary>
        <p>${said(one.rules)}</p>
        <p>${t('games.commit')} <code>${one.commit}</code></p>
        ${one.seed ? html`<p>${t('games.seed')} <code>${one.seed}</code></p>` : nothing}
      </details>
    </section>`;
  }

  private step(one: Draw, own: OwnDraw | undefined, closed: boolean) {
    const button = (label: Key, path: string) =>
      html`<button class="button small" @click=${() => this.play(one, path)}>${t(label)}</button>`;
    if (!closed)
      return html`<p>
          ${t('games.closes')} <feira-countdown .until=${one.closes_at}></feira-countdown>
        </p>
        ${
          own?.number
            ? html`<p role="status">${t('games.number', { number: own.number })}</p>`
            : button('games.enter', 'entries')
        }`;
    if (!own?.number) return html`<p>${t('games.drawing')}</p>`;
    return own.called
      ? html`<p role="status">${t('games.here')}</p>`
      : html`<p>${t('games.called')} <feira-countdown .until=${one.draws_at}></feira-countdown></p>
          ${button('games.answer', 'presence')}`;
  }

  private outcome(one: Draw, own: OwnDraw | undefined) {
    const winners = one.winners ?? [];
    const again = one.winners_again ?? [];
    const won = [...winners, ...again].some((winner) => winner.number === own?.number);
    return html`<p role="status">
        ${
          winners.length
            ? t('games.winners', { numbers: winners.map((each) => each.number).join(', ') })
            : t('games.nobody')
        }
        ${
          again.length
            ? t('games.winners-again', { numbers: again.map((each) => each.number).join(', ') })
            : nothing
        }
      </p>
      ${won ? html`<p><b>${t('games.won')}</b></p>` : nothing}
      ${
        won && !this.asked.has(`claimed ${one.draw_id}`)
          ? html`<button class="button small" @click=${() => this.claim(one)}>
              ${t('games.claim')}
            </button>`
          : nothing
      }`;
  }

  /** How the one who watches stands in a draw: read once, then told by what they do. */
  private ownOf(one: Draw): OwnDraw | undefined {
    const name = `${one.draw_id} ${identity.value?.subject}`;
    if (has('buyer') && !this.asked.has(name)) {
      this.asked.add(name);
      get<OwnDraw>('livestream', `${this.path}/draws/${one.draw_id}`)
        .then((own) => this.keep(own))
        .catch(() => undefined);
    }
    return this.own.get(one.draw_id);
  }

  private keep(own: OwnDraw): void {
    this.own = new Map(this.own).set(own.draw_id, own);
  }

  private async take(event: SubmitEvent, one: Packet): Promise<void> {
    event.preventDefault();
    const word = String(new FormData(event.target as HTMLFormElement).get('word') ?? '');
    await this.asBuyer(async () => {
      try {
        const path = `${this.path}/packets/${one.packet_id}/shares`;
        const { share } = await post<{ share: Money }>('livestream', path, { word });
        this.shares = new Map(this.shares).set(one.packet_id, share);
      } catch (error) {
        const had = error instanceof Problem && error.code === 'packet.had';
        if (!had) throw error;
        this.shares = new Map(this.shares).set(one.packet_id, error.facts['share'] as Money);
      }
    });
  }

  private async play(one: Draw, path: string): Promise<void> {
    await this.asBuyer(async () =>
      this.keep(await post<OwnDraw>('livestream', `${this.path}/draws/${one.draw_id}/${path}`)),
    );
  }

  private async claim(one: Draw): Promise<void> {
    await this.play(one, 'claim');
    if (!this.trouble) this.asked.add(`claimed ${one.draw_id}`);
    this.requestUpdate();
  }

  private async asBuyer(work: () => Promise<void>): Promise<void> {
    if (!has('buyer')) return askToSignIn();
    try {
      await work();
      this.trouble = '';
    } catch (error) {
      this.trouble = whyNot(error);
    }
  }
}

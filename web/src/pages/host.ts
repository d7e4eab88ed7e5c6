/** The console of a session: what comes next, what is shown, what is sold, what is said. */
import { html, nothing, type PropertyValues } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';

import { said, t, type Key } from '../i18n/i18n';
import { whyNot } from '../i18n/no';
import '../parts/checklist';
import '../parts/correction';
import '../parts/coupons-desk';
import '../parts/figures';
import '../parts/games-desk';
import '../parts/moderation';
import { base, Part } from '../parts/part';
import '../parts/run-of-show';
import '../parts/session-list';
import { askToSignIn, hostOfPlace } from '../parts/sign-in';
import { toast } from '../parts/toast';
import { Console, type Move } from '../state/console';
import { knowRates } from '../state/goods';
import { has, identity } from '../state/identity';
import type { SessionStatus } from '../api/types';
import { look } from './host.look';

const MOVES: Partial<Record<SessionStatus, readonly Move[]>> = {
  scheduled: ['approval'],
  approved: ['rehearsal', 'start'],
  rehearsal: ['rehearsal-end', 'start'],
  live: ['pause', 'end'],
  paused: ['resumption', 'end'],
};
const PLAIN: readonly Move[] = ['rehearsal', 'rehearsal-end', 'pause'];
const SURE_FOR = 4000;

@customElement('feira-host')
export class HostPage extends Part {
  static override styles = [base, look];

  @property() session = '';
  @state() private desk: Console | null = null;
  @state() private trouble = '';
  @state() private sure = false;
  private ends: (() => void)[] = [];
  private signedIn: (() => void) | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    knowRates();
    this.signedIn = identity.subscribe(() => void this.open());
    void this.open();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.signedIn?.();
    this.leave();
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('session') && this.hasUpdated) void this.open();
  }

  private leave(): void {
    for (const end of this.ends.splice(0)) end();
    this.desk?.close();
    this.desk = null;
  }

  private async open(): Promise<void> {
    this.leave();
    this.trouble = '';
    if (!this.session) return;
    const desk = new Console(this.session, toast);
    this.desk = desk;
    this.ends = desk.cells.map((cell) => cell.subscribe(() => this.requestUpdate()));
    try {
      await desk.open();
      hostOfPlace.set(desk.whole.value?.host_id ?? '');
    } catch (error) {
      if (this.desk === desk) this.trouble = whyNot(error);
    }
  }

  protected override render() {
    if (!this.session) return html`<feira-session-list></feira-session-list>`;
    const { desk } = this;
    if (this.trouble)
      return html`<div class="gate" role="alert">
        <p>${this.trouble}</p>
        <button class="button" @click=${this.open}>${t('again')}</button>
      </div>`;
    if (!desk?.whole.value) return html`<div class="wait bone" aria-busy="true"></div>`;
    if (!desk.moderates) return this.gate(desk);
    const open = ['live', 'paused'].includes(desk.status);
    return html`${this.top(desk)}
      <div class="board">
        ${desk.runs ? html`<feira-run-of-show .console=${desk}></feira-run-of-show>` : nothing}
        <div class="side">
          ${
            desk.runs
              ? html`<feira-checklist .console=${desk}></feira-checklist>
                  <feira-figures .console=${desk}></feira-figures>`
              : nothing
          }
          <feira-moderation .console=${desk}></feira-moderation>
        </div>
        <div class="more">
          ${
            desk.runs && desk.status === 'live'
              ? html`<feira-coupons-desk .console=${desk}></feira-coupons-desk>
                  <feira-games-desk .console=${desk}></feira-games-desk>`
              : nothing
          }
          ${
            open || desk.status === 'ended'
              ? html`<feira-correction .console=${desk}></feira-correction>`
              : nothing
          }
        </div>
      </div>`;
  }

  private gate(desk: Console) {
    return html`<div class="gate">
      <h1>${said(desk.whole.value?.titles)}</h1>
      <p>${t(has('host', 'organiser') ? 'no.session.not-yours' : 'host.gate')}</p>
      <button class="button" @click=${() => askToSignIn()}>${t('signin')}</button>
    </div>`;
  }

  private top(desk: Console) {
    const { status } = desk;
    return html`<div class="top">
        <h1>${said(desk.whole.value?.titles)}</h1>
        <span class="chip ${status === 'live' ? 'live' : 'gold'}">${t(`status.${status}`)}</span>
        <a href="#/rooms/${this.session}">${t('host.see')}</a>
        <div class="moves">${this.moves(desk).map((move) => this.move(desk, move))}</div>
      </div>
      <div role="status">
        ${
          desk.stream.link.value === 'broken'
            ? html`<p class="chip bad away">${t('room.broken')}</p>`
            : nothing
        }
      </div>`;
  }

  /** What may be done now; a run-of-show is approved by organisers, and not by its host. */
  private moves(desk: Console): readonly Move[] {
    if (!desk.runs) return [];
    const approves = has('organiser') && desk.part.value !== 'host';
    return (MOVES[desk.status] ?? []).filter((move) => move !== 'approval' || approves);
  }

  private move(desk: Console, move: Move) {
    const ending = move === 'end';
    const label: Key = ending && this.sure ? 'host.end-sure' : `host.${move}`;
    return html`<button
      class="button ${ending ? 'hot' : PLAIN.includes(move) ? 'plain' : ''}"
      @click=${() => this.go(desk, move)}
    >
      ${t(label)}
    </button>`;
  }

  private go(desk: Console, move: Move): void {
    if (move === 'end' && !this.sure) {
      this.sure = true;
      setTimeout(() => (this.sure = false), SURE_FOR);
      return;
    }
    this.sure = false;
    void desk.move(move);
  }
}

/** The host's console: what comes next, what is shown, what is sold, what is said. */
import { html, nothing, type PropertyValues } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';

import { all, ask, get, getIfThere, post, Problem } from '../api/http';
import type { Checklist, Deal, Rundown, Session, Slot, WholeSession } from '../api/types';
import { clock, dayAndClock, left, number } from '../i18n/format';
import { said, t, tMaybe, type Key } from '../i18n/i18n';
import { whyNot } from '../i18n/no';
import '../parts/art';
import '../parts/chat';
import '../parts/checklist';
import '../parts/countdown';
import '../parts/figures';
import { base, Part } from '../parts/part';
import '../parts/price';
import { askToSignIn, hostOfPlace } from '../parts/sign-in';
import { toast } from '../parts/toast';
import { know, knowRates, products, rates } from '../state/goods';
import { has, identity } from '../state/identity';
import { RoomStream } from '../state/room';
import { look } from './host.look';

type Move = 'rehearsal' | 'start' | 'pause' | 'resumption' | 'end';

const MOVES: Partial<Record<Session['status'], readonly Move[]>> = {
  approved: ['rehearsal', 'start'],
  rehearsal: ['start'],
  live: ['pause', 'end'],
  paused: ['resumption', 'end'],
};
const LOOK_EVERY = 700;
const FIGURES_EVERY = 10_000;
const HERE_EVERY = 10_000;
const SURE_FOR = 4000;

@customElement('feira-host')
export class HostPage extends Part {
  static override styles = [base, look];

  @property() session = '';
  @state() private whole: WholeSession | null = null;
  @state() private deals: readonly Deal[] = [];
  @state() private checklist: Checklist | null = null;
  @state() private rundown: Rundown | null = null;
  @state() private figures: Record<string, unknown> | null = null;
  @state() private sessions: readonly Session[] | null = null;
  @state() private trouble = '';
  @state() private busy: ReadonlySet<string> = new Set();
  @state() private sure = false;
  private turn: Promise<void> = Promise.resolve();
  private stream: RoomStream | null = null;
  private looking: ReturnType<typeof setTimeout> | undefined;
  private figuring: ReturnType<typeof setInterval> | undefined;
  private here: ReturnType<typeof setInterval> | undefined;
  private ends: (() => void)[] = [];

  constructor() {
    super();
    this.follow(products, rates, identity);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    knowRates();
    this.ends.push(identity.subscribe(() => void this.load()));
    void this.load();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.leave();
    for (const end of this.ends.splice(0)) end();
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('session') && this.hasUpdated) void this.load();
  }

  private leave(): void {
    clearTimeout(this.looking);
    clearInterval(this.figuring);
    clearInterval(this.here);
    this.stream?.close();
    this.stream = null;
  }

  private get home(): string {
    return `/sessions/${encodeURIComponent(this.session)}`;
  }

  // Reading -------------------------------------------------------------------------------------

  private async load(): Promise<void> {
    this.leave();
    this.trouble = '';
    try {
      if (!this.session) {
        this.sessions = await all<Session>('livestream', '/sessions');
        return;
      }
      this.whole = await get<WholeSession>('livestream', this.home);
      hostOfPlace.set(this.whole.host_id);
      if (!has('host', 'organiser')) return;
      this.watch();
      await Promise.all([this.readDeals(), this.readAround()]);
    } catch (error) {
      this.trouble = whyNot(error);
    }
  }

  private watch(): void {
    const stream = new RoomStream(this.session);
    this.stream = stream;
    let status = '';
    let shown = '';
    stream.link.subscribe(() => this.requestUpdate());
    stream.room.subscribe(() => {
      this.requestUpdate();
      const room = stream.room.value;
      const deals = room?.deals.map((deal) => deal.deal_id).join() ?? '';
      if (shown !== deals) void this.readDeals();
      if (room && status && room.status !== status) void this.reread();
      [shown, status] = [deals, room?.status ?? ''];
    });
    this.figuring = setInterval(() => void this.readFigures(), FIGURES_EVERY);
    this.here = setInterval(() => void this.tellPresence(), HERE_EVERY);
  }

  /** Tell that the host is here, and that a made-up host is labelled; where nobody asks, no more. */
  private async tellPresence(): Promise<void> {
    const { whole } = this;
    if (whole?.host_id !== identity.value?.subject || !this.stream?.room.value?.started_at) return;
    const paths = whole?.host_type === 'human' ? ['presence'] : ['presence', 'ai-label'];
    try {
      for (const path of paths)
        await ask('livestream', `${this.home}/${path}`, { method: 'POST', tries: 0 });
    } catch (error) {
      if (error instanceof Problem && error.status === 404) clearInterval(this.here);
    }
  }

  private async reread(): Promise<void> {
    this.whole = await get<WholeSession>('livestream', this.home);
    await this.readAround();
  }

  /** What this deployment may or may not have. */
  private async readAround(): Promise<void> {
    const ifThere = <T>(path: string): Promise<T | null> =>
      getIfThere<T>('livestream', this.home + path).catch(() => null);
    [this.checklist, this.rundown] = await Promise.all([
      ifThere<Checklist>('/checklist'),
      ifThere<Rundown>('/rundown'),
      this.readFigures(),
    ]);
  }

  private async readFigures(): Promise<void> {
    const path = `${this.home}/figures`;
    this.figures = await getIfThere<Record<string, unknown>>('livestream', path).catch(() => null);
    if (this.figures === null) clearInterval(this.figuring);
  }

  private async readDeals(): Promise<void> {
    this.deals = await all<Deal>('livestream', `${this.home}/deals`);
    clearTimeout(this.looking);
    if (this.deals.some((deal) => deal.status === 'requested'))
      this.looking = setTimeout(() => void this.readDeals().catch(() => undefined), LOOK_EVERY);
  }

  // Doing ---------------------------------------------------------------------------------------

  /** One thing after the other, in the order in which they were pressed; each once. */
  private act(name: string, work: () => Promise<unknown>): Promise<void> {
    if (this.busy.has(name)) return this.turn;
    this.busy = new Set(this.busy).add(name);
    this.turn = this.turn.then(async () => {
      try {
        await work();
      } catch (error) {
        toast(whyNot(error));
        await this.reread().catch(() => undefined);
      }
      this.busy = new Set([...this.busy].filter((other) => other !== name));
    });
    return this.turn;
  }

  private move(move: Move): void {
    if (move === 'end' && !this.sure) {
      this.sure = true;
      setTimeout(() => (this.sure = false), SURE_FOR);
      return;
    }
    this.sure = false;
    void this.act(move, async () => {
      this.whole = await post<WholeSession>('livestream', `${this.home}/${move}`);
      await this.readAround();
    });
  }

  private pin(slot: Slot): void {
    void this.act(`pin ${slot.position}`, async () => {
      const body = { sku: slot.sku, expected_sequence: this.sequence };
      const moved = (
        await ask<{ sequence: number }>('livestream', `${this.home}/pin`, { method: 'PUT', body })
      ).data;
      if (this.whole) this.whole = { ...this.whole, pin_sequence: moved.sequence };
    });
  }

  private deal(name: string, path: string, body?: object): void {
    void this.act(name, async () => {
      await post('livestream', `${this.home}/deals${path}`, body);
      await this.readDeals();
    });
  }

  private slow(event: Event): void {
    const slow_seconds = Number((event.target as HTMLSelectElement).value);
    void this.act('slow', () =>
      ask('livestream', `/rooms/${encodeURIComponent(this.session)}/chat`, {
        method: 'PUT',
        body: { slow_seconds },
        seen: '*',
      }),
    );
  }

  /** The sequence of the last pin seen, here or on the stream. */
  private get sequence(): number {
    const room = this.stream?.room.value;
    return Math.max(
      this.whole?.pin_sequence ?? 0,
      room?.pin_sequence ?? 0,
      room?.pin?.sequence ?? 0,
    );
  }

  // Showing -------------------------------------------------------------------------------------

  protected override render() {
    if (this.trouble)
      return html`<div class="gate" role="alert">
        <p>${this.trouble}</p>
        <button class="button" @click=${this.load}>${t('again')}</button>
      </div>`;
    if (!this.session) return this.chooser();
    if (!this.whole) return html`<div class="wait bone" aria-busy="true"></div>`;
    if (!has('host', 'organiser'))
      return html`<div class="gate">
        <h1>${said(this.whole.titles)}</h1>
        <p>${t('host.gate')}</p>
        <button class="button" @click=${() => askToSignIn()}>${t('signin')}</button>
      </div>`;
    if (!this.whole.slots)
      return html`<div class="gate" role="alert"><p>${t('no.session.not-yours')}</p></div>`;
    return html`${this.top(this.whole)}
      <div class="board">
        ${this.slots(this.whole.slots)}
        <div class="side">
          <feira-figures
            .room=${this.stream?.room.value ?? null}
            .more=${this.figures}
          ></feira-figures>
          <feira-checklist .list=${this.checklist}></feira-checklist>
          ${this.chat()} ${this.correction()}
        </div>
      </div>`;
  }

  private chooser() {
    return html`<div class="top"><h1>${t('host.choose')}</h1></div>
      <ul class="list">
        ${
          this.sessions?.map(
            (one) =>
              html`<li class="card">
                <a href="#/host/${one.session_id}">
                  <b>${said(one.titles)}</b>
                  <span class="muted">${dayAndClock(one.starts_at)}–${clock(one.ends_at)}</span>
                  <span class="chip ${one.status === 'live' ? 'live' : ''}"
                    >${t(`status.${one.status}`)}</span
                  >
                </a>
              </li>`,
          ) ?? html`<li class="wait bone" aria-busy="true"></li>`
        }
      </ul>`;
  }

  /** What may be done now; a rehearsal where this deployment knows such. */
  private moves(status: Session['status']): readonly Move[] {
    return (MOVES[status] ?? []).filter((move) => move !== 'rehearsal' || this.checklist);
  }

  private top(whole: WholeSession) {
    const status = this.stream?.room.value?.status ?? whole.status;
    return html`<div class="top">
        <h1>${said(whole.titles)}</h1>
        <span class="chip ${status === 'live' ? 'live' : 'gold'}">${t(`status.${status}`)}</span>
        <a href="#/rooms/${this.session}">${t('host.see')}</a>
        <div class="moves">
          ${this.moves(status).map(
            (move) =>
              html`<button
                class="button ${move === 'end' ? 'hot' : move === 'pause' ? 'plain' : ''}"
                @click=${() => this.move(move)}
              >
                ${t(move === 'end' && this.sure ? 'host.end-sure' : `host.${move}`)}
              </button>`,
          )}
        </div>
      </div>
      <div role="status">
        ${
          this.stream?.link.value === 'broken'
            ? html`<p class="chip bad">${t('room.broken')}</p>`
            : nothing
        }
      </div>`;
  }

  private slots(slots: readonly Slot[]) {
    let offset = 0;
    const out = new Set(this.rundown?.falls_out ?? []);
    return html`<section aria-labelledby="rundown">
      <h2 id="rundown">${t('host.rundown')}</h2>
      <ol class="rundown">
        ${repeat(
          slots,
          (slot) => slot.position,
          (slot) => {
            const row = this.row(slot, offset, out.has(slot.position));
            offset += slot.seconds;
            return row;
          },
        )}
      </ol>
    </section>`;
  }

  private row(slot: Slot, offset: number, falls: boolean) {
    know(slot.sku);
    const room = this.stream?.room.value;
    const product = products.value.get(slot.sku);
    const pinned = room?.pin?.sku === slot.sku;
    const sold = room?.sold.by_sku[slot.sku] ?? 0;
    const name = said(product?.names) || slot.sku;
    return html`<li
      class="card slot ${pinned ? 'pinned' : ''} ${falls ? 'out' : ''}"
      aria-current=${pinned ? 'true' : nothing}
    >
      <div class="when">
        <b>${slot.position}</b><span class="muted">${left(offset * 1000)}</span>
      </div>
      <feira-art .sku=${slot.sku} .category=${product?.category ?? ''}></feira-art>
      <div>
        <h3>${name}</h3>
        <div class="facts">
          <span class="chip gold">${tMaybe(`slot.${slot.role}`) ?? slot.role}</span>
          <feira-price .money=${slot.price} .rates=${rates.value}></feira-price>
          <span class="muted">${t('host.units', { units: number(slot.units) })}</span>
          ${sold ? html`<b>${t('room.sold', { count: number(sold) })}</b>` : nothing}
          ${
            pinned && room?.pin?.free !== null
              ? html`<span>${t('host.free', { units: number(room?.pin?.free ?? 0) })}</span>`
              : nothing
          }
          ${falls ? html`<span class="chip bad">${t('host.falls-out')}</span>` : nothing}
        </div>
      </div>
      <div class="acts">${this.dealActs(slot, name)} ${this.pinAct(slot, pinned, name)}</div>
    </li>`;
  }

  private pinAct(slot: Slot, pinned: boolean, name: string) {
    if (pinned) return html`<span class="chip live">${t('host.pinned')}</span>`;
    if (this.stream?.room.value?.status !== 'live') return nothing;
    return html`<button
      class="button small"
      aria-label="${t('host.pin')}: ${name}"
      @click=${() => this.pin(slot)}
    >
      ${t('host.pin')}
    </button>`;
  }

  private dealActs(slot: Slot, name: string) {
    const status = this.stream?.room.value?.status;
    if (status !== 'live' && status !== 'paused' && status !== 'approved') return nothing;
    const deal = this.deals.findLast(
      (one) =>
        one.sku === slot.sku && ['requested', 'funded', 'shown', 'refused'].includes(one.status),
    );
    const button = (label: Key, go: () => void, kind = 'plain') =>
      html`<button class="button small ${kind}" aria-label="${t(label)}: ${name}" @click=${go}>
        ${t(label)}
      </button>`;
    switch (deal?.status) {
      case 'requested':
        return html`<span class="chip gold">${t('host.deal-requested')}</span>`;
      case 'funded':
        return html`<span class="chip good">${t('host.deal-funded', { units: deal.units })}</span>
          ${
            status === 'live'
              ? button(
                  'host.deal-show',
                  () => this.deal(`show ${deal.deal_id}`, `/${deal.deal_id}/showing`),
                  'hot',
                )
              : nothing
          }`;
      case 'shown': {
        const counted = this.stream?.room.value?.deals.find((one) => one.deal_id === deal.deal_id);
        return html`<span class="chip good"
            >${t('host.deal-left', { left: counted?.left ?? deal.left, units: deal.units })} ·
            <feira-countdown .until=${deal.ends_at ?? ''}></feira-countdown
          ></span>
          ${button('host.deal-close', () => this.deal(`close ${deal.deal_id}`, `/${deal.deal_id}/closing`))}`;
      }
      default:
        return html`${
          deal?.status === 'refused'
            ? html`<span class="chip bad">${t('host.deal-refused')}</span>`
            : nothing
        }
        ${button('host.deal-prepare', () => this.deal(`ask ${slot.position}`, '', { position: slot.position }))}`;
    }
  }

  /** What was said wrong is put right before everybody; where that is kept. */
  private correction() {
    if (!this.checklist || !this.stream?.room.value?.started_at) return nothing;
    return html`<form
      class="card correction"
      aria-labelledby="correction"
      @submit=${(event: SubmitEvent) => this.correct(event)}
    >
      <h2 id="correction">${t('host.correction')}</h2>
      <label>${t('host.said')}<input name="said" required maxlength="300" /></label>
      <label>${t('host.corrected')}<input name="corrected" required maxlength="300" /></label>
      <button class="button small plain">${t('host.correct')}</button>
    </form>`;
  }

  private correct(event: SubmitEvent): void {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    void this.act('correct', async () => {
      const body = Object.fromEntries(new FormData(form));
      await post('livestream', `${this.home}/corrections`, body);
      form.reset();
    });
  }

  private chat() {
    const chat = this.stream?.room.value?.chat;
    if (!chat) return nothing;
    return html`<section class="card" aria-label=${t('chat.title')}>
      <label class="slow"
        >${t('host.slow')}
        <select @change=${this.slow}>
          ${[0, 5, 15, 30, 60].map(
            (seconds) =>
              html`<option value=${seconds} ?selected=${chat.slow_seconds === seconds}>
                ${seconds ? `${seconds} s` : t('host.slow-off')}
              </option>`,
          )}
        </select>
      </label>
      <feira-chat .session=${this.session} .talk=${chat} moderated></feira-chat>
    </section>`;
  }
}

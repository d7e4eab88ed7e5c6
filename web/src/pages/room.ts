/** The live room: the stage, what is on offer, one tap to buy, and everybody else who watches. */
import { html, nothing, type PropertyValues } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';

import { ask, Problem } from '../api/http';
import type { Card, Claim, DealCard, Notice, PinCard, Room } from '../api/types';
import { gives } from '../i18n/coupon';
import { dayAndClock, number } from '../i18n/format';
import { said, t } from '../i18n/i18n';
import '../parts/chat';
import '../parts/coupons';
import '../parts/follow';
import '../parts/games';
import '../parts/likes';
import '../parts/offer';
import type { Offer, Wanted } from '../parts/offer';
import '../parts/order-sheet';
import { base, Part } from '../parts/part';
import { askToSignIn, hostOfPlace } from '../parts/sign-in';
import '../parts/stage';
import { now, second } from '../state/clock';
import { config } from '../state/config';
import { device } from '../state/device';
import { knowRates, products, rates } from '../state/goods';
import { has, identity } from '../state/identity';
import { online } from '../state/network';
import { Purchase } from '../state/purchase';
import { RoomStream } from '../state/room';
import { report, Sightings } from '../state/sightings';
import { Wallet } from '../state/wallet';
import { look } from './room.look';

const FIRST_BEAT = 30;

/** What was on the shelf: what was told of it need not be told again. */
interface Shown {
  status: string;
  offered: ReadonlySet<string>;
  gone: ReadonlySet<string>;
}

const NOTHING: Shown = { status: '', offered: new Set(), gone: new Set() };

@customElement('feira-room')
export class RoomPage extends Part {
  static override styles = [base, look];

  @property() session = '';
  @state() private purchase: Purchase | null = null;
  @state() private spoken = '';
  private stream: RoomStream | null = null;
  private readonly wallet = new Wallet();
  private shown: Shown = NOTHING;
  private ends: (() => void)[] = [];
  private beat: ReturnType<typeof setTimeout> | undefined;
  private visit = '';
  private sightings: Sightings | null = null;
  private tapped = new Set<string>();

  constructor() {
    super();
    const { held, aside } = this.wallet;
    this.follow(products, rates, identity, online, second, held, aside);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    knowRates();
    this.ends.push(
      identity.subscribe(() => {
        void this.wallet.read();
        void this.purchase?.resume();
      }),
    );
    // Something may have been claimed elsewhere meanwhile.
    const look = (): void => void (document.hidden || this.wallet.read());
    document.addEventListener('visibilitychange', look);
    this.ends.push(() => document.removeEventListener('visibilitychange', look));
    if (this.hasUpdated && this.session) this.enter(); // put back; the first update enters at first
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.leave();
    for (const end of this.ends.splice(0)) end();
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('session') && this.session) this.enter();
  }

  /** A card on the shelf is counted when it is seen. */
  protected override updated(): void {
    for (const offer of this.renderRoot.querySelectorAll<Offer>('feira-offer'))
      this.sightings?.watch(offer, offer.card.sku);
  }

  private enter(): void {
    this.leave();
    const cards = `/rooms/${encodeURIComponent(this.session)}/cards`;
    const stream = new RoomStream(this.session);
    this.stream = stream;
    for (const cell of [stream.room, stream.link, stream.notices])
      cell.subscribe(() => this.requestUpdate());
    stream.room.subscribe(() => this.speak(stream.room.value));
    hostOfPlace.set(`host-${this.session}`);
    this.visit = '';
    this.tapped.clear();
    this.sightings = new Sightings((exposed) => report(cards, { exposed }));
    void this.pulse();
  }

  private leave(): void {
    clearTimeout(this.beat);
    this.stream?.close();
    this.stream = null;
    this.sightings?.stop();
    this.sightings = null;
    this.purchase?.close();
    this.purchase = null;
    this.shown = NOTHING;
  }

  /** Tell that somebody is here, and go on telling as long as the page is looked at. */
  private async pulse(): Promise<void> {
    clearTimeout(this.beat);
    const { session } = this;
    let every = FIRST_BEAT;
    try {
      if (document.hidden) return;
      const path = `/rooms/${encodeURIComponent(session)}/heartbeat`;
      const body = { viewer: device(), visit: this.visit };
      const { data } = await ask<{ visit: string; every: number }>('livestream', path, {
        method: 'POST',
        body,
        tries: 0,
      });
      if (session === this.session) this.visit = data.visit;
      every = data.every;
    } catch (error) {
      if (error instanceof Problem && error.status === 404) every = 0;
    } finally {
      if (this.stream && session === this.session && every)
        this.beat = setTimeout(() => void this.pulse(), every * 1000);
    }
  }

  /** Say aloud what has just changed on the shelf: only that, and politely. */
  private speak(room: Room | null): void {
    if (!room) return;
    if (!this.purchase) {
      this.purchase = new Purchase(room.festival_id, room.session_id, this.wallet);
      void this.wallet.read(room.festival_id);
    }
    const before = this.shown;
    this.shown = shownIn(room);
    const { deals, pin, status, coupons = [] } = room;
    const wasOffered = (id: string): boolean => before.offered.has(id);
    const gone = [...deals, ...(pin ? [pin] : [])].find((card) => {
      const id = idOf(card);
      return wasOffered(id) && !before.gone.has(id) && this.shown.gone.has(id);
    });
    const deal = deals.find((each) => !wasOffered(each.deal_id));
    const coupon = coupons.find((each) => !wasOffered(each.coupon_id));
    if (before.status && status !== before.status) this.spoken = t(`status.${status}`);
    else if (gone) this.spoken = t('spoken.sold-out', { name: said(gone.names) });
    else if (deal) this.spoken = t('spoken.deal', { name: said(deal.names) });
    else if (pin && !wasOffered(pin.sku)) this.spoken = t('spoken.pin', { name: said(pin.names) });
    else if (coupon) this.spoken = t('spoken.coupon', { what: gives(coupon.terms) });
  }

  /** Deals first; the pinned product too, unless a deal of it has units left; last what is gone. */
  private get cards(): (Card & { deal_id?: string })[] {
    const room = this.stream?.room.value;
    if (!room) return [];
    const { pin } = room;
    const deals = room.deals.filter((deal) => !deal.over || Date.parse(deal.ends_at) > now());
    const first = deals.filter((deal) => deal.sku === pin?.sku);
    const others = deals.filter((deal) => deal.sku !== pin?.sku);
    const onDeal = first.some((deal) => deal.left > 0);
    const all = [...first, ...(pin && !onDeal ? [pin] : []), ...others];
    const gone = (card: Card): boolean => 'left' in card && card.left === 0;
    return [...all.filter((card) => !gone(card)), ...all.filter(gone)];
  }

  protected override render() {
    const link = this.stream?.link.value ?? 'connecting';
    const room = this.stream?.room.value ?? null;
    if (link === 'unknown')
      return html`<div class="lost">
        <h1>${t('room.unknown')}</h1>
        <a class="button" href="#/">${t('room.others')}</a>
      </div>`;
    const focus = this.cards[0];
    const open = room?.status === 'live' || room?.status === 'paused';
    const product = focus && products.value.get(focus.sku);
    return html`<feira-stage
        .manifest=${config.video.replace('{session_id}', encodeURIComponent(this.session))}
        .status=${room?.status ?? 'live'}
        .sku=${focus?.sku ?? ''}
        .category=${product?.category ?? ''}
      ></feira-stage>
      <div class="front">
        ${room ? this.head(room) : nothing}
        <div role="status">
          ${
            !online.value
              ? html`<p class="note">${t('offline')}</p>`
              : link === 'broken'
                ? html`<p class="note">${t('room.broken')}</p>`
                : nothing
          }
        </div>
        ${this.stream?.notices.value.slice(-1).map((one) => this.notice(one))}
        ${room && open ? html`<feira-games .room=${room}></feira-games>` : nothing}
        ${
          room && open && (room.coupons?.length || this.wallet.held.value.size)
            ? html`<feira-coupons
                .coupons=${room.coupons ?? []}
                .wallet=${this.wallet}
              ></feira-coupons>`
            : nothing
        }
        <div class="gap">
          ${
            room && open
              ? html`<feira-chat .session=${this.session} .talk=${room.chat}></feira-chat>
                  <feira-likes .session=${this.session} .total=${room.likes.total}></feira-likes>`
              : nothing
          }
        </div>
        ${room ? this.offers(room) : html`<div class="wait bone" aria-busy="true"></div>`}
        <p class="unseen" aria-live="polite">${this.spoken}</p>
      </div>
      <feira-order-sheet .purchase=${this.purchase}></feira-order-sheet>`;
  }

  private head(room: Room) {
    const live = room.status === 'live';
    return html`<div class="title">
      <h1>${said(room.titles)}</h1>
      <span class="chip ${live ? 'live' : 'gold'}">${t(`status.${room.status}`)}</span>
      ${
        room.ai_label || room.host_type !== 'human'
          ? html`<span class="chip gold">${t('room.ai')}</span>`
          : nothing
      }
      <span class="chip count">${t('room.online', { count: number(room.audience.online) })}</span>
      ${
        room.audience.uniques
          ? html`<span class="chip count"
              >${t('room.uniques', { count: number(room.audience.uniques) })}</span
            >`
          : nothing
      }
      <feira-follow .host=${room.host_id} .session=${room.session_id}></feira-follow>
      ${
        room.sold.units
          ? html`<span class="chip count"
              >${t('room.sold', { count: number(room.sold.units) })}</span
            >`
          : nothing
      }
    </div>`;
  }

  private notice(one: Notice) {
    return html`<p class="note" role="status">${noticeWords(one)}</p>`;
  }

  private offers(room: Room) {
    const { cards } = this;
    if (!cards.length) {
      const soon = ['scheduled', 'approved', 'rehearsal'].includes(room.status);
      return html`<p class="empty">
        ${
          soon
            ? t('room.begins', { time: dayAndClock(room.starts_at) })
            : t(room.status === 'live' ? 'room.nothing' : 'room.over')
        }
      </p>`;
    }
    const asking = this.purchase?.step.value.at === 'asking';
    return html`<section class="offers" aria-label=${t('room.offers')} @wanted=${this.want}>
      ${repeat(
        cards,
        (card) => ('deal_id' in card ? card.deal_id : card.sku),
        (card) =>
          html`<feira-offer
            .card=${card}
            .coupons=${this.less(card)}
            .open=${room.status === 'live'}
            .busy=${asking}
          ></feira-offer>`,
      )}
    </section>`;
  }

  /** The coupons that an order of what is on a card takes. */
  private less({ sku, merchant_id, price }: Card): readonly Claim[] {
    return this.wallet.for(sku, merchant_id, price);
  }

  private want(event: CustomEvent<Wanted>): void {
    const { sku, deal_id } = event.detail;
    const order = (): void => {
      const card = this.cards.find((one) => one.sku === sku && one.deal_id === deal_id);
      const done = this.purchase?.order(sku, deal_id, card && this.less(card));
      this.requestUpdate();
      void done?.then(() => this.requestUpdate());
    };
    if (!this.tapped.has(sku))
      report(`/rooms/${encodeURIComponent(this.session)}/cards`, { clicked: [sku] });
    this.tapped.add(sku);
    if (has('buyer')) order();
    else askToSignIn(() => has('buyer') && order());
  }
}

/** What a card stands for: a deal, or a product off the shelf. */
const idOf = (card: Card & { deal_id?: string }): string => card.deal_id ?? card.sku;

function shownIn({ status, deals, pin, coupons = [] }: Room): Shown {
  const cards = [...deals, ...(pin ? [pin] : [])];
  const isGone = (card: PinCard | DealCard): boolean =>
    ('left' in card ? card.left : card.free) === 0;
  return {
    status,
    offered: new Set([...cards.map(idOf), ...coupons.map((one) => one.coupon_id)]),
    gone: new Set(cards.filter(isGone).map(idOf)),
  };
}

/** What viewers are owed by law, in the language of now; who sells stands on the shelf. */
function noticeWords(one: Notice): string {
  if (one.kind === 'correction')
    return t('room.correction', { said: one.said, corrected: one.corrected });
  if (one.kind === 'ai-host') return t(one.labelled ? 'room.ai' : 'room.ai-unlabelled');
  return t('offer.seller', { name: said(one.seller.legal_name) });
}

/** The festival: its programme of 1+9+N, its zone with what it shows, and who is live now. */
import { html, nothing, type PropertyValues } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';

import { all, get, getIfThere } from '../api/http';
import type {
  Activity,
  Festival,
  Listing,
  Product,
  Programme,
  Room,
  Session,
  Zone,
} from '../api/types';
import { clock, day, dayAndClock, number } from '../i18n/format';
import { said, t, tMaybe } from '../i18n/i18n';
import { whyNot } from '../i18n/no';
import '../parts/art';
import { base, Part } from '../parts/part';
import '../parts/price';
import { knowAllMerchants, knowRates, merchants, rates } from '../state/goods';
import { now } from '../state/clock';
import { report, Sightings } from '../state/sightings';
import { look } from './festival.look';

const AGAIN = 10_000;

@customElement('feira-festival')
export class FestivalPage extends Part {
  static override styles = [base, look];

  @property() festival = '';
  @state() private found: Festival | null = null;
  @state() private activities: readonly Activity[] = [];
  @state() private zones: readonly Zone[] = [];
  @state() private products: readonly Product[] = [];
  @state() private prices = new Map<string, Listing>();
  @state() private sessions: readonly Session[] = [];
  @state() private rooms = new Map<string, Room>();
  @state() private category = '';
  @state() private trouble = '';
  private timer: ReturnType<typeof setInterval> | undefined;
  private sightings: Sightings | null = null;

  constructor() {
    super();
    this.follow(merchants, rates);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    knowRates();
    this.sightings = new Sightings((rooms) => report('/impressions', { rooms }));
    this.timer = setInterval(() => {
      if (!document.hidden) void this.readRooms().catch(() => undefined);
    }, AGAIN);
    void this.load();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.timer);
    this.sightings?.stop();
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('festival') && this.hasUpdated) void this.load();
  }

  /** Rooms that are open are counted when they are seen. */
  protected override updated(): void {
    for (const card of this.renderRoot.querySelectorAll<HTMLElement>('[data-room]'))
      this.sightings?.watch(card, card.dataset['room']!);
  }

  // Reading -------------------------------------------------------------------------------------

  private async load(): Promise<void> {
    this.trouble = '';
    try {
      this.found = await this.choose();
      if (!this.found) return;
      await Promise.all([this.readProgramme(), this.readZone(), this.readRooms()]);
    } catch (error) {
      this.trouble = whyNot(error);
    }
  }

  /** The festival of the address, else one that is open, else the last. */
  private async choose(): Promise<Festival | null> {
    if (this.festival)
      return await get<Festival>('catalog', `/festivals/${encodeURIComponent(this.festival)}`);
    const festivals = await all<Festival>('catalog', '/festivals');
    return festivals.find((one) => one.status === 'open') ?? festivals.at(-1) ?? null;
  }

  private get home(): string {
    return `/festivals/${encodeURIComponent(this.found?.festival_id ?? '')}`;
  }

  private async readProgramme(): Promise<void> {
    const programme = await getIfThere<Programme>('catalog', `${this.home}/programme`);
    this.activities = programme?.activities ?? [];
  }

  private async readZone(): Promise<void> {
    const id = encodeURIComponent(this.found?.festival_id ?? '');
    const [zones, listings] = await Promise.all([
      all<Zone>('catalog', `${this.home}/zones`),
      all<Listing>('catalog', `/listings?festival_id=${id}&channel=online`),
      knowAllMerchants(),
    ]);
    this.zones = zones;
    this.prices = new Map(listings.map((listing) => [listing.sku, listing]));
    const shown = await Promise.all(
      zones.map((zone) =>
        all<Product>('catalog', `/zones/${encodeURIComponent(zone.zone_id)}/products`),
      ),
    );
    this.products = shown.flat();
  }

  private async readRooms(): Promise<void> {
    if (!this.found) return;
    const id = encodeURIComponent(this.found.festival_id);
    const sessions = await all<Session>('livestream', `/sessions?festival_id=${id}`);
    const open = sessions.filter((one) => one.status === 'live' || one.status === 'paused');
    const rooms = await Promise.all(
      open.map((one) =>
        getIfThere<Room>('livestream', `/rooms/${encodeURIComponent(one.session_id)}`),
      ),
    );
    this.sessions = sessions;
    this.rooms = new Map(rooms.flatMap((room) => (room ? [[room.session_id, room]] : [])));
  }

  // Showing -------------------------------------------------------------------------------------

  protected override render() {
    if (this.trouble)
      return html`<div class="trouble" role="alert">
        <p>${this.trouble}</p>
        <button class="button" @click=${this.load}>${t('again')}</button>
      </div>`;
    if (!this.found)
      return html`<div class="wait bone" aria-busy="true"></div>
        <div class="wait bone"></div>`;
    return html`${this.hero(this.found)} ${this.live()} ${this.programme()}
    ${this.zones.map((zone) => this.zone(zone))}`;
  }

  private hero(festival: Festival) {
    const count = (kind: Activity['kind']): number =>
      this.activities.filter((one) => one.kind === kind).length;
    return html`<div class="hero">
      <svg aria-hidden="true">
        <pattern id="sea" width="120" height="48" patternUnits="userSpaceOnUse">
          <path d="M0 12q30-24 60 0t60 0v14q-30 24-60 0t-60 0z" fill="#fff" />
        </pattern>
        <rect width="100%" height="100%" fill="url(#sea)" />
      </svg>
      <span class="chip ${festival.status === 'open' ? 'good' : 'gold'}"
        >${t(`festival.${festival.status}`)}</span
      >
      <h1>${said(festival.titles)}</h1>
      <p>
        ${day(festival.starts_on)}${
          festival.ends_on === festival.starts_on ? nothing : html` – ${day(festival.ends_on)}`
        }
      </p>
      ${
        this.activities.length
          ? html`<p class="shape">
              ${count('opening')} + ${count('main')} + ${count('promotion')}
              <span class="unseen">${t('programme.shape')}</span>
            </p>`
          : nothing
      }
    </div>`;
  }

  private live() {
    const shown = this.sessions.filter((one) => one.status !== 'cancelled');
    if (!shown.length) return nothing;
    const order = (one: Session): number =>
      ({ live: 0, paused: 1, ended: 3, archived: 3 })[one.status as string] ?? 2;
    const sorted = [...shown].sort((a, b) => order(a) - order(b));
    return html`<section aria-labelledby="rooms">
      <h2 id="rooms">${t('rooms.title')}</h2>
      <ul class="rooms">
        ${repeat(
          sorted,
          (one) => one.session_id,
          (one) => this.room(one),
        )}
      </ul>
    </section>`;
  }

  private room(one: Session) {
    const room = this.rooms.get(one.session_id);
    const live = one.status === 'live';
    return html`<li>
      <a
        href="#/rooms/${one.session_id}"
        class=${live ? 'live' : ''}
        data-room=${live || one.status === 'paused' ? one.session_id : nothing}
      >
        <span>
          <span class="chip ${live ? 'live' : one.status === 'ended' ? '' : 'gold'}"
            >${t(live ? 'rooms.now' : `status.${one.status}`)}</span
          >
          ${
            room?.audience.online
              ? t('room.online', { count: number(room.audience.online) })
              : nothing
          }
        </span>
        <h3>${said(one.titles)}</h3>
        <span class="muted">${dayAndClock(one.starts_at)}–${clock(one.ends_at)}</span>
        ${room?.pin ? html`<span>${t('rooms.shows', { name: said(room.pin.names) })}</span>` : nothing}
      </a>
    </li>`;
  }

  private programme() {
    if (!this.activities.length) return nothing;
    const of = (kind: Activity['kind']): Activity[] =>
      this.activities.filter((one) => one.kind === kind);
    return html`<section aria-labelledby="programme">
      <h2 id="programme">${t('programme.title')}</h2>
      <ul class="plan opening">
        ${of('opening').map((one) => this.activity(one, '1'))}
      </ul>
      <h3 class="label">${t('programme.main')}</h3>
      <ul class="plan">
        ${of('main').map((one, place) => this.activity(one, String(place + 1)))}
      </ul>
      <h3 class="label">${t('programme.promotions')}</h3>
      <ul class="plan">
        ${of('promotion').map((one) => this.activity(one, 'N'))}
      </ul>
    </section>`;
  }

  private activity(one: Activity, place: string) {
    const on = Date.parse(one.starts_at) <= now() && now() < Date.parse(one.ends_at);
    return html`<li class=${on ? 'now' : ''}>
      <b aria-hidden="true">${place}</b>
      <h3>${said(one.titles)}</h3>
      <span class="muted"
        >${dayAndClock(one.starts_at)} – ${dayAndClock(one.ends_at)}
        ${on ? html`<span class="chip gold">${t('programme.now')}</span>` : nothing}</span
      >
    </li>`;
  }

  private zone(zone: Zone) {
    const categories = [...new Set(this.products.map((product) => product.category))];
    const shown = this.products.filter(
      (product) => !this.category || product.category === this.category,
    );
    const filter = (category: string, name: string) =>
      html`<button
        aria-pressed=${this.category === category ? 'true' : 'false'}
        @click=${() => (this.category = category)}
      >
        ${name}
      </button>`;
    return html`<section aria-labelledby="zone">
      <div class="sub">
        <h2 id="zone">${said(zone.titles)}</h2>
        <p class="muted">
          ${t('zone.count', { count: number(zone.selected) })} · ${dayAndClock(zone.opens_at)} –
          ${dayAndClock(zone.closes_at)}
        </p>
      </div>
      <div class="filters" role="group" aria-label=${t('zone.filter')}>
        ${filter('', t('zone.all'))}
        ${categories.map((one) => filter(one, tMaybe(`category.${one}`) ?? one))}
      </div>
      <ul class="goods">
        ${repeat(
          shown,
          (product) => product.sku,
          (product) => this.product(product),
        )}
      </ul>
    </section>`;
  }

  private product(product: Product) {
    const room = [...this.rooms.values()].find((one) => one.pin?.sku === product.sku);
    return html`<li>
      <feira-art .sku=${product.sku} .category=${product.category}></feira-art>
      ${
        room
          ? html`<a class="chip live" href="#/rooms/${room.session_id}">${t('rooms.now')}</a>`
          : nothing
      }
      <div>
        <h3>${said(product.names)}</h3>
        <p class="muted">
          ${said(merchants.value.get(product.merchant_id)?.names)} · ${product.net_content}
        </p>
        <feira-price
          .money=${this.prices.get(product.sku)?.price ?? null}
          .rates=${rates.value}
        ></feira-price>
      </div>
    </li>`;
  }
}

/** What a console knows of its session, and all that is done there. */
import { all, ask, type Asking, getIfThere, post, Problem } from '../api/http';
import type {
  Checklist,
  Deal,
  Figures,
  Heard,
  Issued,
  Rundown,
  SessionStatus,
  Slot,
  Standing,
  WholeSession,
} from '../api/types';
import { whyNot } from '../i18n/no';
import { Cell } from './cell';
import { now } from './clock';
import { has } from './identity';
import { RoomStream } from './room';

export type Move =
  'approval' | 'rehearsal' | 'rehearsal-end' | 'start' | 'pause' | 'resumption' | 'end';

const LOOK_EVERY = 700;
const FIGURES_EVERY = 10_000;
const CHECKS_EVERY = 4000;
const SILENCED_EVERY = 15_000;
const COUPONS_EVERY = 30_000;
const HERE_EVERY = 10_000;
const WAIT = 20;
const BETWEEN_WAITS = 1000;
const BEFORE: readonly SessionStatus[] = ['scheduled', 'approved', 'rehearsal'];
const OVER: readonly SessionStatus[] = ['ended', 'archived', 'cancelled'];

/** Somebody at the console of one session: its host, an organiser, or whom they let moderate. */
export class Console {
  readonly whole = new Cell<WholeSession | null>(null);
  readonly part = new Cell<Heard['part'] | null>(null);
  readonly deals = new Cell<readonly Deal[]>([]);
  readonly checklist = new Cell<Checklist | null>(null);
  readonly rundown = new Cell<Rundown | null>(null);
  readonly figures = new Cell<Figures | null>(null);
  /** Who may not speak, for those who look after the chat. */
  readonly silenced = new Cell<readonly Standing[]>([]);
  /** Those of the festival, as orders has them. */
  readonly coupons = new Cell<readonly Issued[]>([]);
  readonly busy = new Cell<ReadonlySet<string>>(new Set());
  readonly stream: RoomStream;
  private readonly closing = new AbortController();
  private version = '';
  private order = '';
  private turn: Promise<void> = Promise.resolve();
  private looking: ReturnType<typeof setTimeout> | undefined;
  private readonly ends: (() => void)[] = [];
  private here: ReturnType<typeof setInterval> | undefined;

  constructor(
    readonly session: string,
    private readonly complain: (sentence: string) => void,
  ) {
    this.stream = new RoomStream(session);
  }

  close(): void {
    this.closing.abort();
    clearTimeout(this.looking);
    clearInterval(this.here);
    for (const end of this.ends.splice(0)) end();
    this.stream.close();
  }

  /** All that changes what the console shows. */
  get cells(): Cell<any>[] {
    const { whole, part, deals, checklist, rundown, figures, stream } = this;
    return [whole, part, deals, checklist, rundown, figures, stream.room, stream.link];
  }

  get status(): SessionStatus {
    const whole = this.whole.value?.status ?? 'scheduled';
    const room = this.stream.room.value?.status;
    // The public is not told of a rehearsal.
    return room && !BEFORE.includes(room) ? room : whole;
  }

  /** Whether whoever is signed in runs this session, or the festival. */
  get runs(): boolean {
    return has('host', 'organiser') && this.whole.value?.grants !== null;
  }

  get moderates(): boolean {
    return this.runs || this.part.value === 'moderator';
  }

  private get home(): string {
    return `/sessions/${encodeURIComponent(this.session)}`;
  }

  // Reading -------------------------------------------------------------------------------------

  async open(): Promise<void> {
    await this.readSession();
    if (this.closing.signal.aborted) return;
    this.here = setInterval(() => void this.tellPresence(), HERE_EVERY);
    await this.tellPresence();
    if (this.closing.signal.aborted) return;
    this.every(SILENCED_EVERY, () => this.readSilenced());
    await Promise.all([this.readSilenced(), this.runs && this.watch()]);
  }

  private async watch(): Promise<void> {
    let [status, deals, pin, slots] = ['', '', '', ''];
    this.stream.room.subscribe(() => {
      const room = this.stream.room.value;
      if (!room) return;
      const said = room.deals.map((deal) => `${deal.deal_id} ${deal.over}`).join();
      if (deals !== said) void this.readDeals().catch(() => undefined);
      if (status && room.status !== status) void this.reread().catch(() => undefined);
      else if (pin !== (room.pin?.sku ?? '')) void this.readRundown();
      [status, deals, pin] = [room.status, said, room.pin?.sku ?? ''];
    });
    this.rundown.subscribe(() => {
      const order = String(this.rundown.value?.version ?? '');
      if (slots && slots !== order) void this.readSession().catch(() => undefined);
      slots = order;
    });
    this.every(FIGURES_EVERY, () => Promise.all([this.readFigures(), this.readRundown()]));
    this.every(CHECKS_EVERY, () => this.readChecklist());
    this.every(COUPONS_EVERY, () => this.readCoupons());
    await Promise.all([this.readDeals(), this.readAround(), this.readCoupons()]);
    void this.attend();
  }

  /** Read the running order as soon as it is another, a proposal too: the answer waits for that. */
  private async attend(): Promise<void> {
    const { signal } = this.closing;
    while (!signal.aborted) {
      if (!document.hidden) {
        const known = { etag: this.order, wait: WAIT };
        await this.readRundown({ known, signal, tries: 0 }).catch(() => undefined);
      }
      await new Promise((resolve) => setTimeout(resolve, BETWEEN_WAITS));
    }
  }

  /** Do something now and then as long as the console is looked at, and once it is again. */
  private every(milliseconds: number, work: () => Promise<unknown>): void {
    const look = (): void => {
      if (!document.hidden) void work().catch(() => undefined);
    };
    const timer = setInterval(look, milliseconds);
    document.addEventListener('visibilitychange', look);
    this.ends.push(() => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', look);
    });
  }

  private async readSession(): Promise<void> {
    const { data, etag } = await ask<WholeSession>('livestream', this.home);
    this.whole.set(data);
    this.version = etag;
  }

  /** Read again what others may have changed. */
  async reread(): Promise<void> {
    await this.readSession();
    if (this.runs) await this.readAround();
  }

  private async readAround(): Promise<void> {
    await Promise.all([this.readChecklist(), this.readRundown(), this.readFigures()]);
  }

  /** What is missing is only of interest until the session is live. */
  private async readChecklist(): Promise<void> {
    this.checklist.set(
      BEFORE.includes(this.status)
        ? await getIfThere<Checklist>('livestream', `${this.home}/checklist`)
        : null,
    );
  }

  private async readRundown(asking: Asking = {}): Promise<void> {
    const { data, etag } = await ask<Rundown>('livestream', `${this.home}/rundown`, asking);
    // An answer that has waited may come after a later one.
    if (data.version < (this.rundown.value?.version ?? 0)) return;
    this.order = etag;
    this.rundown.set(data);
  }

  private async readFigures(): Promise<void> {
    this.figures.set(await getIfThere<Figures>('livestream', `${this.home}/figures`));
  }

  private async readSilenced(): Promise<void> {
    if (!this.moderates) return;
    const path = `/rooms/${encodeURIComponent(this.session)}/silenced`;
    this.silenced.set(await all<Standing>('livestream', path));
  }

  private async readCoupons(): Promise<void> {
    const id = encodeURIComponent(this.whole.value?.festival_id ?? '');
    this.coupons.set(await all<Issued>('orders', `/coupons?festival_id=${id}`));
  }

  private async readDeals(): Promise<void> {
    this.deals.set(await all<Deal>('livestream', `${this.home}/deals`));
    clearTimeout(this.looking);
    if (this.deals.value.some((deal) => deal.status === 'requested'))
      this.looking = setTimeout(() => void this.readDeals().catch(() => undefined), LOOK_EVERY);
  }

  /** Tell that somebody with a part in the session is here, and that an AI host is labelled. */
  private async tellPresence(): Promise<void> {
    if (!has('host', 'organiser', 'buyer') || OVER.includes(this.status)) return;
    const tell = (path: string): Promise<{ data: Heard }> =>
      ask<Heard>('livestream', `${this.home}/${path}`, { method: 'POST', tries: 0 });
    try {
      const heard = (await tell('presence')).data;
      this.part.set(heard.part);
      if (heard.part === 'host' && this.whole.value?.host_type !== 'human') await tell('ai-label');
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 403) return;
      this.part.set(null);
      clearInterval(this.here);
    }
  }

  // Doing ---------------------------------------------------------------------------------------

  /** One thing after the other, in the order in which they were pressed; each once. */
  act(name: string, work: () => Promise<unknown>): Promise<boolean> {
    if (this.busy.value.has(name)) return this.turn.then(() => false);
    this.busy.set(new Set(this.busy.value).add(name));
    const done = this.turn.then(async () => {
      try {
        await work();
        return true;
      } catch (error) {
        this.complain(whyNot(error));
        await this.reread().catch(() => undefined);
        return false;
      } finally {
        this.busy.set(new Set([...this.busy.value].filter((other) => other !== name)));
      }
    });
    this.turn = done.then(() => undefined);
    return done;
  }

  move(move: Move): Promise<boolean> {
    return this.act(move, async () => {
      const back = move === 'rehearsal-end';
      const { data, etag } = await ask<WholeSession>(
        'livestream',
        `${this.home}/${back ? 'rehearsal' : move}`,
        {
          method: back ? 'DELETE' : 'POST',
          ...(move === 'approval' ? { seen: this.version } : {}),
        },
      );
      this.whole.set(data);
      this.version = etag;
      await this.readAround();
    });
  }

  pin(slot: Slot): Promise<boolean> {
    return this.act(`pin ${slot.position}`, async () => {
      const body = { sku: slot.sku, expected_sequence: this.sequence };
      const { data } = await ask<{ sequence: number }>('livestream', `${this.home}/pin`, {
        method: 'PUT',
        body,
      });
      if (this.whole.value) this.whole.set({ ...this.whole.value, pin_sequence: data.sequence });
    });
  }

  /** Ask for a deal of a slot. */
  prepare(slot: Slot): Promise<boolean> {
    return this.deal(`ask ${slot.position}`, '', { position: slot.position });
  }

  show(deal: Deal): Promise<boolean> {
    return this.deal(`show ${deal.deal_id}`, `/${deal.deal_id}/showing`);
  }

  finish(deal: Deal): Promise<boolean> {
    return this.deal(`close ${deal.deal_id}`, `/${deal.deal_id}/closing`);
  }

  private deal(name: string, path: string, body?: object): Promise<boolean> {
    return this.act(name, async () => {
      await post('livestream', `${this.home}/deals${path}`, body);
      await this.readDeals();
    });
  }

  /** Change the running order as it was seen; what another has to agree to waits for them. */
  reorder(slots: readonly Slot[]): Promise<boolean> {
    return this.act('order', async () => {
      const body = { slots };
      const asking = { method: 'PUT', body, seen: this.order };
      await ask('livestream', `${this.home}/running-order`, asking);
      await Promise.all([this.readRundown(), this.readSession()]);
    });
  }

  /** Agree, as the second person, to the running order that waits. */
  agree(): Promise<boolean> {
    return this.act('agree', async () => {
      const asking = { method: 'POST', seen: this.order };
      await ask('livestream', `${this.home}/running-order/approval`, asking);
      await Promise.all([this.readRundown(), this.readSession()]);
    });
  }

  correct(said: string, corrected: string): Promise<boolean> {
    return this.act('correct', () =>
      post('livestream', `${this.home}/corrections`, { said, corrected }),
    );
  }

  /** Tell where the session is recorded from now on. */
  record(manifest: string): Promise<boolean> {
    return this.act('record', async () => {
      const began_at = new Date(now() - 1000).toISOString();
      await post('livestream', `${this.home}/recording`, { manifest, began_at });
      await this.readChecklist();
    });
  }

  /** Mute or ban an author for a reason, or let them speak again. */
  silence(
    method: 'POST' | 'DELETE',
    what: 'mutes' | 'bans',
    wish: { author_id: string; seconds?: number; reason?: string; scope?: 'festival' },
  ): Promise<boolean> {
    return this.act(`${what} ${wish.author_id}`, async () => {
      const path = `/rooms/${encodeURIComponent(this.session)}/${what}`;
      if (method === 'POST') await post('livestream', path, wish);
      else await ask('livestream', `${path}/${wish.author_id}`, { method });
      await this.readSilenced();
    });
  }

  /** Hand a coupon out in the room, or take it down there. */
  coupon(what: 'hand-out' | 'take-down', coupon_id: string): Promise<boolean> {
    return this.act(`coupon ${coupon_id}`, () =>
      what === 'hand-out'
        ? post('livestream', `${this.home}/coupons`, { coupon_id })
        : post('livestream', `${this.home}/coupons/${encodeURIComponent(coupon_id)}/withdrawal`),
    );
  }

  /** Begin a game: a red packet, or a lucky draw. */
  play(kind: 'packets' | 'draws', wish: object): Promise<boolean> {
    const path = `/rooms/${encodeURIComponent(this.session)}/${kind}`;
    return this.act(kind, () => post('livestream', path, wish));
  }

  /** The sequence of the last pin seen, here or on the stream. */
  private get sequence(): number {
    const room = this.stream.room.value;
    return Math.max(
      this.whole.value?.pin_sequence ?? 0,
      room?.pin_sequence ?? 0,
      room?.pin?.sequence ?? 0,
    );
  }
}

/** A room as its stream tells of it: read once as a whole, then change by change. */
import { get, Problem } from '../api/http';
import type {
  Card,
  Coupon,
  DealCard,
  Draw,
  Message,
  Notice,
  Packet,
  PinCard,
  Room,
  Seller,
} from '../api/types';
import { setClock } from './clock';
import { Cell } from './cell';
import { config } from './config';

export type Link = 'connecting' | 'open' | 'broken' | 'unknown';

const MOST_MESSAGES = 200;
const NOTICES_KEPT = 20;

interface DealOver {
  deal_id: string;
  status: 'closed';
  reason: 'host' | 'time' | 'units';
}

/** Follows one room until it is closed. */
export class RoomStream {
  readonly room = new Cell<Room | null>(null);
  readonly link = new Cell<Link>('connecting');
  readonly notices = new Cell<readonly Notice[]>([]);
  private source: EventSource | null = null;
  private lastId = '';
  private wait = 1000;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly again = (): void => this.open();

  constructor(private readonly id: string) {
    addEventListener('online', this.again);
    this.open();
  }

  close(): void {
    removeEventListener('online', this.again);
    clearTimeout(this.timer);
    this.source?.close();
  }

  private open(): void {
    clearTimeout(this.timer);
    this.source?.close();
    const from = this.lastId && `?last_event_id=${encodeURIComponent(this.lastId)}`;
    const source = new EventSource(
      `${config.livestream}/rooms/${encodeURIComponent(this.id)}/stream${from}`,
    );
    this.source = source;
    source.onopen = () => {
      this.wait = 1000;
      this.link.set('open');
    };
    source.onerror = () => void this.broke(source);
    for (const [name, hear] of Object.entries(this.hears)) {
      source.addEventListener(name, (event: MessageEvent<string>) => {
        this.lastId = event.lastEventId || this.lastId;
        this.link.set('open');
        hear(JSON.parse(event.data));
      });
    }
  }

  /** The browser comes back by itself, unless the answer was a no: then so do we, ever later. */
  private async broke(source: EventSource): Promise<void> {
    if (this.link.value !== 'unknown') this.link.set('broken');
    if (source.readyState !== EventSource.CLOSED || source !== this.source) return;
    this.timer = setTimeout(this.again, this.wait);
    this.wait = Math.min(this.wait * 2, 15_000);
    if (this.room.value) return;
    try {
      this.change(await get<Room>('livestream', `/rooms/${encodeURIComponent(this.id)}`));
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 404) return;
      this.link.set('unknown');
      clearTimeout(this.timer);
    }
  }

  private change(by: Partial<Room>): void {
    const before = this.room.value;
    this.room.set(before ? { ...before, ...by } : (by as Room));
  }

  private readonly hears: Record<string, (data: any) => void> = {
    snapshot: (data: Room) => {
      setClock(data.now);
      this.room.set(data);
    },
    session: (data: Partial<Room>) => this.change(data),
    pin: (data: PinCard | { sku: null; sequence: number }) =>
      this.change({ pin: data.sku ? (data as PinCard) : null, pin_sequence: data.sequence }),
    deal: (data: DealCard | DealOver) => {
      const deals = this.room.value?.deals ?? [];
      const others = deals.filter((deal) => deal.deal_id !== data.deal_id);
      if (data.status === 'shown') return this.change({ deals: [...others, data] });
      const known = deals.find((deal) => deal.deal_id === data.deal_id);
      // Who is late for the last unit is told so, rather than that nothing was there.
      const kept = known && data.reason === 'units' ? [{ ...known, left: 0, over: true }] : [];
      this.change({ deals: [...others, ...kept] });
    },
    stock: (data: { sku: string; deal_id?: string; free?: number; left?: number }) => {
      const room = this.room.value;
      if (!room) return;
      if (data.deal_id) {
        const deals = room.deals.map((deal) =>
          deal.deal_id === data.deal_id ? ({ ...deal, ...data } as DealCard) : deal,
        );
        this.change({ deals });
      } else if (room.pin?.sku === data.sku) {
        this.change({ pin: { ...room.pin, free: data.free ?? null } });
      }
    },
    sold: (data: Room['sold']) => this.change({ sold: data }),
    audience: (data: Room['audience']) => this.change({ audience: data }),
    likes: (data: { total: number }) => this.change({ likes: data }),
    chat: (data: Message) =>
      this.chat((said) =>
        said.some((one) => one.message_id === data.message_id) ? said : [...said, data],
      ),
    'chat-hidden': (data: { message_ids: string[] }) =>
      this.chat((said) => said.filter((one) => !data.message_ids.includes(one.message_id))),
    'chat-mode': (data: { slow_seconds: number }) => {
      const chat = this.room.value?.chat;
      if (chat) this.change({ chat: { ...chat, slow_seconds: data.slow_seconds } });
    },
    packet: (data: Packet | { packet_id: string; status: 'closed' }) => {
      const known = this.room.value?.packets ?? [];
      const others = known.filter((one) => one.packet_id !== data.packet_id);
      this.change({ packets: data.status === 'open' ? [...others, data] : others });
    },
    coupon: (data: Coupon | { coupon_id: string; withdrawn: true }) => {
      const known = this.room.value?.coupons ?? [];
      const place = known.findIndex((one) => one.coupon_id === data.coupon_id);
      const others = known.filter((one) => one.coupon_id !== data.coupon_id);
      const coupons = data.withdrawn
        ? others
        : others.toSpliced(place < 0 ? others.length : place, 0, data);
      this.change({ coupons });
    },
    draw: (data: Draw) => {
      const known = this.room.value?.draws ?? [];
      const others = known.filter((one) => one.draw_id !== data.draw_id);
      this.change({ draws: [...others, data] });
    },
    notice: (data: Notice) => {
      if (data.kind === 'seller') this.disclose(data.sku, data.seller);
      else this.notices.set([...this.notices.value, data].slice(-NOTICES_KEPT));
    },
  };

  /** Who sells stands on what is offered. */
  private disclose(sku: string, seller: Seller): void {
    const room = this.room.value;
    if (!room) return;
    const known = <T extends Card>(card: T): T => (card.sku === sku ? { ...card, seller } : card);
    this.change({ pin: room.pin && known(room.pin), deals: room.deals.map(known) });
  }

  private chat(edit: (said: Message[]) => Message[]): void {
    const chat = this.room.value?.chat;
    if (chat) this.change({ chat: { ...chat, recent: edit(chat.recent).slice(-MOST_MESSAGES) } });
  }
}

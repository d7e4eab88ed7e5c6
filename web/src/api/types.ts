/** What the services say, as far as the pages read it; each describes itself at /openapi.json. */
export type Locale = 'pt' | 'zh-Hant' | 'zh-Hans' | 'en';
export type Text = Record<Locale, string>;
export type Currency = 'MOP' | 'HKD' | 'CNY';

/** Integer minor units of an ISO 4217 currency. */
export interface Money {
  amount: number;
  currency: Currency;
}

export interface Rate {
  base: Currency;
  quote: Currency;
  rate: string;
}

// catalog ---------------------------------------------------------------------------------------

export interface Festival {
  festival_id: string;
  status: 'announced' | 'published' | 'open' | 'closed';
  titles: Text;
  starts_on: string;
  ends_on: string;
  timezone: string;
}

export interface Activity {
  activity_id: string;
  kind: 'opening' | 'main' | 'promotion';
  titles: Text;
  starts_at: string;
  ends_at: string;
}

export interface Programme extends Festival {
  activities: Activity[];
}

export interface Zone {
  zone_id: string;
  titles: Text;
  opens_at: string;
  closes_at: string;
  capacity: number;
  selected: number;
}

export interface Product {
  sku: string;
  merchant_id: string;
  names: Text;
  category: string;
  gtin: string | null;
  origin: string;
  net_content: string;
  flags: string[];
}

export interface Merchant {
  merchant_id: string;
  names: Text;
  category: string;
  country: string;
}

export interface Listing {
  listing_id: string;
  sku: string;
  merchant_id: string;
  channel: 'online' | 'live' | 'booth';
  price: Money;
  valid_from: string;
  valid_until: string;
  max_per_buyer: number | null;
}

// livestream ------------------------------------------------------------------------------------

export type SessionStatus =
  'scheduled' | 'approved' | 'rehearsal' | 'live' | 'paused' | 'ended' | 'archived' | 'cancelled';

export interface Slot {
  position: number;
  sku: string;
  role: string;
  price: Money;
  units: number;
  per_buyer: number;
  seconds: number;
}

export interface Session {
  session_id: string;
  status: SessionStatus;
  festival_id: string;
  zone_id: string | null;
  titles: Text;
  host_id: string;
  host_type: 'human' | 'ai' | 'mixed';
  starts_at: string;
  ends_at: string;
  started_at: string | null;
}

export interface WholeSession extends Session {
  slots: Slot[] | null;
  pin_sequence: number;
  /** For those who run the session; null for all others. */
  grants: { subject: string; may: string[]; until: string }[] | null;
}

export interface Seller {
  merchant_id: string;
  legal_name: Text;
  address: string | null;
  contact: string | null;
}

export interface Card {
  sku: string;
  names: Text | null;
  merchant_id: string | null;
  price: Money | null;
  seller: Seller | null;
}

export interface PinCard extends Card {
  free: number | null;
  sequence: number;
}

export interface DealCard extends Card {
  deal_id: string;
  status: 'shown';
  /** Of a deal that has ended with its last unit, until its time is up. */
  over?: boolean;
  units: number;
  left: number;
  taken: number;
  per_buyer: number | null;
  compared_price?: Money | null;
  starts_at: string;
  ends_at: string;
}

export interface Message {
  sequence: number;
  message_id: string;
  author: { id: string; nick: string; role: 'buyer' | 'host' | 'moderator' | 'staff' };
  text: string;
  at: string;
}

export interface Sold {
  orders: number;
  units: number;
  by_sku: Record<string, number>;
}

export interface Audience {
  online: number;
  uniques: number | null;
}

export interface Chat {
  last_sequence: number;
  slow_seconds: number;
  recent: Message[];
}

/** What viewers are owed by law: who sells, what was put right, that the host is an AI. */
export type Notice =
  | { kind: 'seller'; sku: string; seller: Seller }
  | { kind: 'correction'; said: string; corrected: string }
  | { kind: 'ai-host'; labelled: boolean };

export interface Packet {
  packet_id: string;
  status: 'open';
  total: Money;
  parts: number;
  left: number;
  opens_at: string;
  closes_at: string;
  asks_word: boolean;
}

export interface Prize {
  name: Text;
  units: number;
  value: Money;
}

export interface Draw {
  draw_id: string;
  status: 'open' | 'drawing' | 'drawn';
  rules: Text;
  prizes: Prize[];
  commit: string;
  closes_at: string;
  draws_at: string;
  entries?: number;
  seed?: string;
  winners?: { number: number; prize: number }[];
  /** Who won what the first winners did not claim. */
  winners_again?: { number: number; prize: number }[];
  claim_until?: string;
}

/** A draw, and how the one who asks stands in it. */
export interface OwnDraw extends Draw {
  number: number | null;
  called: boolean;
}

/** A coupon that is handed out in a room. */
export interface Coupon {
  coupon_id: string;
  withdrawn: false;
  terms: CouponTerms;
  left: number;
}

export interface Room {
  now: string;
  session_id: string;
  festival_id: string;
  host_id: string;
  titles: Text;
  status: SessionStatus;
  host_type: 'human' | 'ai' | 'mixed';
  starts_at: string;
  started_at: string | null;
  pin: PinCard | null;
  deals: DealCard[];
  sold: Sold;
  audience: Audience;
  chat: Chat;
  likes: { total: number };
  ai_label: boolean;
  packets: Packet[];
  draws: Draw[];
  coupons?: Coupon[];
  /** What the next move of the pin has to name, once the stream has told of a move. */
  pin_sequence?: number;
}

export interface Deal {
  deal_id: string;
  sku: string;
  status: 'requested' | 'refused' | 'funded' | 'shown' | 'closed' | 'settled';
  units: number;
  left: number;
  taken: number;
  price: Money;
  per_buyer: number;
  seconds: number;
  ends_at: string | null;
  reason: string | null;
}

/** The run-of-show against the clock: what is to come, what no longer fits, what waits. */
export interface Rundown {
  version: number;
  length_ms: number;
  runs: { position: number; stage: 'shown' | 'on' | 'to-come'; from_ms: number }[];
  falls_out: number[];
  proposal: { by: string; slots: Slot[] } | null;
}

export interface Check {
  check: string;
  ok: boolean;
  reason: string | null;
  about: string[];
}

export interface Checklist {
  ready: boolean;
  items: Check[];
}

/** What somebody is in a session who has said that they are there. */
export interface Heard {
  status: SessionStatus;
  part: 'host' | 'moderator' | 'guest';
}

export interface Standing {
  author_id: string;
  nick: string;
  muted_until: string | null;
  banned: boolean;
  bans?: ('room' | 'festival')[];
  /** Why they may not speak; null if they may. */
  reason: string | null;
}

/** Decimals come as text; null is where there is nothing to divide by. */
export type Figure = number | string | Money[] | null;

export interface Stretch {
  since: string;
  until: string;
  uv: number;
  impressions: number;
  card_click_uv: number;
  messages: number;
  likes: number;
  orders: number;
  gmv_paid: Money[] | null;
}

export interface Figures {
  provisional: boolean;
  panel: { last: Stretch; before: Stretch } | null;
  [name: string]: Figure | boolean | object;
}

// orders ----------------------------------------------------------------------------------------

/** Amounts are minor units of *currency*; null is what a coupon does not give or ask for. */
export interface CouponTerms {
  festival_id: string;
  scope: 'product' | 'shop';
  currency: Currency;
  merchant_id: string | null;
  skus: string[];
  pay_percent: number | null;
  minus: number | null;
  from_items: number | null;
  from_amount: number | null;
  per_buyer: number;
  valid_from: string;
  valid_until: string;
  days_from_claim: number | null;
}

/** A coupon that one has claimed; `left` is how many more of one's orders may use it. */
export interface Claim {
  coupon_id: string;
  terms: CouponTerms;
  claimed_at: string;
  until: string;
  used: number;
  left: number;
  state: 'usable' | 'used' | 'withdrawn' | 'expired' | 'sold-out';
}

/** A coupon as orders has it. */
export interface Issued {
  coupon_id: string;
  terms: CouponTerms;
  left: number;
  withdrawn: boolean;
}

export interface Line {
  sku: string;
  quantity: number;
  unit_price: Money;
  deal_id?: string | null;
  discounts?: { coupon_id: string; amount: Money }[];
}

export interface Placed {
  order_id: string;
  lines: Line[];
  total: Money;
  hold_until: string;
}

export interface Order {
  order_id: string;
  status: string;
  session_id: string | null;
  lines: Line[];
  total: Money | null;
  hold_until: string;
}

export interface Expected {
  payment_id: string;
  pay_url: string;
}

export interface Receipt {
  number: string;
  order_id: string;
  sellers: { merchant_id: string; name: string; address: string | null; contact: string | null }[];
  booth_id: string | null;
  till_id: string | null;
  sold_at: string;
  lines: { sku: string; name: string; quantity: number; unit_price: Money; total: Money }[];
  total: Money;
  rounding: number;
  paid: Money;
  tendered: Money | null;
  change: Money | null;
  qr: string;
}

export interface Lease {
  lease_id: string;
  sku: string;
  units: number;
  sold: number;
  left: number;
  fence: number;
  expires_at: string;
  ends_at: string;
}

export interface Till {
  till_id: string;
  open: boolean;
  fence: number;
  festival_id: string;
  booth_id: string;
  device: string;
  cashier_id: string;
  opened_at: string;
  sales: number;
  expected: Money;
  difference: number | null;
  leases: Lease[];
}

export interface Sale {
  sale_id: string;
  fence: number;
  lines: { sku: string; quantity: number; unit_price: Money }[];
  sold_at: string;
  tendered: Money;
}

export interface Told {
  sale_id: string;
  status: 'sold' | 'refused';
  order_id?: string;
  receipt?: string;
  total?: Money;
  due?: Money;
  change?: Money;
  code?: string;
}

/** The run-of-show: what comes when, what is shown, its deals, and what no longer fits. */
import { html, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';

import type { Deal, Slot } from '../api/types';
import { left, money, number } from '../i18n/format';
import { said, t, tMaybe, type Key } from '../i18n/i18n';
import { CASH, minor, plain } from '../state/cash';
import type { Console } from '../state/console';
import { know, products, rates } from '../state/goods';
import { has, identity } from '../state/identity';
import './art';
import './countdown';
import { base, Part } from './part';
import './price';
import { look } from './run-of-show.look';

const DEALT: readonly Deal['status'][] = ['requested', 'funded', 'shown', 'refused'];

@customElement('feira-run-of-show')
export class RunOfShow extends Part {
  static override styles = [base, look];

  @property({ attribute: false }) console!: Console;
  /** The position of the slot that somebody is about to change. */
  @state() private changing: number | null = null;

  override connectedCallback(): void {
    super.connectedCallback();
    this.follow(products, rates, identity, ...this.console.cells);
  }

  private get slots(): readonly Slot[] {
    return this.console.whole.value?.slots ?? [];
  }

  private get underWay(): boolean {
    return ['live', 'paused'].includes(this.console.status);
  }

  protected override render() {
    const { rundown } = this.console;
    const out = new Set(rundown.value?.falls_out);
    const runs = new Map(rundown.value?.runs.map((run) => [run.position, run]));
    return html`<section aria-labelledby="rundown">
      <h2 id="rundown">${t('host.rundown')}</h2>
      ${this.proposal()}
      <ol>
        ${repeat(
          this.slots,
          (slot) => slot.position,
          (slot, place) => {
            const run = runs.get(slot.position);
            const toCome = run?.stage === 'to-come';
            return this.row(slot, place, run?.from_ms ?? 0, toCome, out.has(slot.position));
          },
        )}
      </ol>
    </section>`;
  }

  /** A running order with other prices or units waits for a second person. */
  private proposal() {
    const waiting = this.console.rundown.value?.proposal;
    if (!waiting) return nothing;
    const known = new Map(this.slots.map((slot) => [slot.position, slot]));
    const changed = waiting.slots.filter((slot) => {
      const was = known.get(slot.position);
      return was?.sku !== slot.sku || was.price.amount !== slot.price.amount;
    });
    const mayAgree = has('organiser') && waiting.by !== identity.value?.subject;
    return html`<div class="card proposal" role="status">
      <p>${t('running.proposed')}</p>
      <ul>
        ${changed.map((slot) => html`<li>${this.name(slot)}: <b>${money(slot.price)}</b></li>`)}
      </ul>
      ${
        mayAgree
          ? html`<button class="button small" @click=${() => this.console.agree()}>
              ${t('running.agree')}
            </button>`
          : nothing
      }
    </div>`;
  }

  private name(slot: Slot): string {
    know(slot.sku);
    return said(products.value.get(slot.sku)?.names) || slot.sku;
  }

  private row(slot: Slot, place: number, from: number, toCome: boolean, falls: boolean) {
    const room = this.console.stream.room.value;
    const pinned = room?.pin?.sku === slot.sku;
    const sold = room?.sold.by_sku[slot.sku] ?? 0;
    const name = this.name(slot);
    const changes = this.underWay && toCome && !pinned;
    const open = changes && this.changing === slot.position;
    return html`<li
      class="card slot ${pinned ? 'pinned' : ''} ${falls ? 'out' : ''}"
      aria-current=${pinned ? 'true' : nothing}
    >
      <div class="when"><b>${slot.position}</b><span class="muted">${left(from)}</span></div>
      <feira-art
        .sku=${slot.sku}
        .category=${products.value.get(slot.sku)?.category ?? ''}
      ></feira-art>
      <div>
        <h3>${name}</h3>
        <div class="facts">
          <span class="chip gold">${tMaybe(`slot.${slot.role}`) ?? slot.role}</span>
          <feira-price .money=${slot.price} .rates=${rates.value}></feira-price>
          <span class="muted">${t('host.units', { units: number(slot.units) })}</span>
          ${sold ? html`<b>${t('room.sold', { count: number(sold) })}</b>` : nothing}
          ${
            pinned && room?.pin && room.pin.free !== null
              ? html`<span>${t('host.free', { units: number(room.pin.free) })}</span>`
              : nothing
          }
          ${falls ? html`<span class="chip bad">${t('host.falls-out')}</span>` : nothing}
        </div>
      </div>
      <div class="acts">
        ${
          changes && !open
            ? this.button('running.change', name, () => (this.changing = slot.position))
            : nothing
        }
        ${this.dealActs(slot, name)} ${this.pinAct(slot, pinned, name)}
      </div>
      ${open ? this.change(slot, place, name) : nothing}
    </li>`;
  }

  private button(label: Key, name: string, go: () => void, kind = 'plain') {
    return html`<button class="button small ${kind}" aria-label="${t(label)}: ${name}" @click=${go}>
      ${t(label)}
    </button>`;
  }

  private pinAct(slot: Slot, pinned: boolean, name: string) {
    if (pinned) return html`<span class="chip live">${t('host.pinned')}</span>`;
    if (this.console.status !== 'live') return nothing;
    return this.button('host.pin', name, () => void this.console.pin(slot), '');
  }

  /** What is to come may come earlier, be left out, or cost something else if another agrees. */
  private change(slot: Slot, place: number, name: string) {
    const before = this.slots[place - 1];
    const earlier = (): void => {
      const { position } = slot;
      const moved = this.slots.map((one) =>
        one === slot
          ? { ...slot, position: before!.position }
          : one === before
            ? { ...one, position }
            : one,
      );
      void this.reorder(moved);
    };
    const leaveOut = (): void => void this.reorder(this.slots.filter((one) => one !== slot));
    return html`<form @submit=${(event: SubmitEvent) => this.propose(event, slot)}>
      <label
        >${t('running.price-new', { currency: slot.price.currency })}<input
          name="price"
          inputmode="decimal"
          pattern=${CASH}
          .value=${plain(slot.price.amount)}
          required
      /></label>
      <button class="button small">${t('running.price')}</button>
      ${before ? this.button('running.earlier', name, earlier) : nothing}
      ${this.slots.length > 1 ? this.button('running.leave-out', name, leaveOut) : nothing}
      ${this.button('close', name, () => (this.changing = null))}
    </form>`;
  }

  private async reorder(slots: readonly Slot[]): Promise<void> {
    if (await this.console.reorder(slots)) this.changing = null;
  }

  private async propose(event: SubmitEvent, slot: Slot): Promise<void> {
    event.preventDefault();
    const amount = minor(String(new FormData(event.target as HTMLFormElement).get('price')));
    const price = { ...slot.price, amount };
    await this.reorder(this.slots.map((one) => (one === slot ? { ...slot, price } : one)));
  }

  private dealActs(slot: Slot, name: string) {
    const { status } = this.console;
    if (!this.underWay && status !== 'approved') return nothing;
    const deal = this.console.deals.value.findLast(
      (one) => one.sku === slot.sku && DEALT.includes(one.status),
    );
    switch (deal?.status) {
      case 'requested':
        return html`<span class="chip gold">${t('host.deal-requested')}</span>`;
      case 'funded':
        return html`<span class="chip good">${t('host.deal-funded', { units: deal.units })}</span>
          ${
            status === 'live'
              ? this.button('host.deal-show', name, () => void this.console.show(deal), 'hot')
              : nothing
          }`;
      case 'shown': {
        const room = this.console.stream.room.value;
        const counted = room?.deals.find((one) => one.deal_id === deal.deal_id);
        return html`<span class="chip good"
            >${t('host.deal-left', { left: counted?.left ?? deal.left, units: deal.units })} ·
            <feira-countdown .until=${deal.ends_at ?? ''}></feira-countdown
          ></span>
          ${this.button('host.deal-close', name, () => void this.console.finish(deal))}`;
      }
      default:
        return html`${
          deal ? html`<span class="chip bad">${t('host.deal-refused')}</span>` : nothing
        }
        ${this.button('host.deal-prepare', name, () => void this.console.prepare(slot))}`;
    }
  }
}

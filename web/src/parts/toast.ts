/** A sentence that is shown, read aloud, and goes away. */
import { css, html, nothing } from 'lit';
import { customElement } from 'lit/decorators.js';

import { Cell } from '../state/cell';
import { base, Part } from './part';

const said = new Cell('');
let timer: ReturnType<typeof setTimeout> | undefined;

export function toast(sentence: string): void {
  said.set('');
  clearTimeout(timer);
  requestAnimationFrame(() => said.set(sentence));
  timer = setTimeout(() => said.set(''), 6000);
}

@customElement('feira-toast')
export class Toast extends Part {
  static override styles = [
    base,
    css`
      :host {
        position: fixed;
        inset: auto 0 max(1rem, env(safe-area-inset-bottom)) 0;
        z-index: 50;
        display: grid;
        place-items: center;
        pointer-events: none;
      }
      p {
        max-width: min(92vw, 34rem);
        padding: 0.7rem 1.1rem;
        border-radius: 14px;
        background: #0d1822;
        color: #fff;
        box-shadow: var(--shade);
      }
    `,
  ];

  constructor() {
    super();
    this.follow(said);
  }

  protected override render() {
    return html`<div role="status">${said.value ? html`<p>${said.value}</p>` : nothing}</div>`;
  }
}

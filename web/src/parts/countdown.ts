/** Time that is left until a moment of the services' clock. */
import { css, html } from 'lit';
import { customElement, property } from 'lit/decorators.js';

import { left } from '../i18n/format';
import { now, second } from '../state/clock';
import { base, Part } from './part';

@customElement('feira-countdown')
export class Countdown extends Part {
  static override styles = [
    base,
    css`
      :host {
        display: inline;
        font-variant-numeric: tabular-nums;
      }
    `,
  ];

  @property() until = '';

  constructor() {
    super();
    this.follow(second);
  }

  protected override render() {
    return html`<span role="timer">${left(Date.parse(this.until) - now())}</span>`;
  }
}

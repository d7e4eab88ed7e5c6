/** A QR code, drawn. */
import { css, html, nothing, svg } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { encode } from 'uqr';

import { base, Part } from './part';

@customElement('feira-qr')
export class Qr extends Part {
  static override styles = [
    base,
    css`
      svg {
        display: block;
        width: 100%;
        max-width: 220px;
        margin: 0 auto;
        background: #fff;
        border-radius: 12px;
      }
    `,
  ];

  @property() text = '';
  /** What it is, for who cannot see it. */
  @property() label = '';

  protected override render() {
    if (!this.text) return nothing;
    const { data, size } = encode(this.text, { border: 2 });
    const path = data
      .flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : '')))
      .join('');
    return html`<svg
      viewBox="0 0 ${size} ${size}"
      role="img"
      aria-label=${this.label}
      shape-rendering="crispEdges"
    >
      ${svg`<path d=${path} fill="#13212e" />`}
    </svg>`;
  }
}

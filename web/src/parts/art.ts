/** A picture for a product that has none: a tile, as on Macau's walls, with what it is in the middle. */
import { css, html, svg, type SVGTemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';

import { base, Part } from './part';

interface Look {
  ground: string;
  line: string;
  icon: SVGTemplateResult;
}

const look = (ground: string, line: string, icon: SVGTemplateResult): Look => ({
  ground,
  line,
  icon,
});

/** Icons are drawn in a square of 48, in the colour of the text. */
const LOOKS: Record<string, Look> = {
  bakery: look(
    '#f6e3c5',
    '#c98a3b',
    svg`<circle cx="24" cy="24" r="16" /><path d="M24 13c4 3 4 7 0 10-4-3-4-7 0-10zM16 25c5 0 7 3 6 7-5 0-7-3-6-7zM32 25c-5 0-7 3-6 7 5 0 7-3 6-7z" />`,
  ),
  confectionery: look(
    '#fbdfe2',
    '#c9556a',
    svg`<circle cx="24" cy="24" r="9" /><path d="M16 19 6 14v20l10-5M32 19l10-5v20l-10-5M19 20c4-2 6 2 10 0M19 27c4-2 6 2 10 0" />`,
  ),
  canned_seafood: look(
    '#d6e9ee',
    '#3b8196',
    svg`<path d="M6 24c7-11 20-11 27 0-7 11-20 11-27 0zM33 24l9-7v14zM14 22v.1M20 18c3 4 3 8 0 12" />`,
  ),
  wine: look(
    '#ecd9e4',
    '#8b3a62',
    svg`<path d="M20 6h8v11c5 2 6 5 6 9v16H14V26c0-4 1-7 6-9zM14 28h20M14 37h20" />`,
  ),
  oils_olives: look(
    '#e6ebcb',
    '#738a2e',
    svg`<path d="M8 34C16 16 28 10 42 9M18 21c-6-1-9-4-9-9 6 0 9 3 9 9zM30 13c-2 6-1 10 4 13 4-5 1-10-4-13zM22 22c-1 6 0 10 5 12 3-5 0-10-5-12z" />`,
  ),
  condiments: look(
    '#f9dccb',
    '#bf5a2b',
    svg`<path d="M15 16h18v24a3 3 0 0 1-3 3H18a3 3 0 0 1-3-3zM17 9h14v7H17zM15 23h18M15 34h18M24 26v5" />`,
  ),
  coffee: look(
    '#e9dccf',
    '#7a5230',
    svg`<path d="M9 20h25v10a9 9 0 0 1-9 9h-7a9 9 0 0 1-9-9zM34 22h3a5 5 0 0 1 0 10h-3M17 6c-3 4 3 5 0 9M26 6c-3 4 3 5 0 9" />`,
  ),
  tea_beverages: look(
    '#dcebd9',
    '#4d8554',
    svg`<path d="M10 22h24v8a10 10 0 0 1-10 10h-4a10 10 0 0 1-10-10zM34 24h4a4 4 0 0 1 0 9h-4M24 18c-6-2-7-7-4-12 6 2 8 7 4 12z" />`,
  ),
  tcm_herbal: look(
    '#dfe9dd',
    '#4f7a63',
    svg`<path d="M9 24h30c0 9-6 16-15 16S9 33 9 24zM30 24l9-16M24 22c-1-6-5-9-11-9 0 5 4 9 11 9zM20 31h8" />`,
  ),
  health_food: look(
    '#e0eee6',
    '#2f8a66',
    svg`<path d="M24 41C10 32 6 25 8 17c3-8 13-8 16 0 3-8 13-8 16 0 2 8-2 15-16 24zM24 20v12M18 26h12" />`,
  ),
  cosmetics: look(
    '#f3e1ee',
    '#a45a93',
    svg`<path d="M18 22h12v20H18zM20 22v-8l8-7v15M18 30h12" />`,
  ),
  books_stationery: look(
    '#dde4f3',
    '#4a66a8',
    svg`<path d="M24 12c-5-4-11-4-17-3v28c6-1 12-1 17 3 5-4 11-4 17-3V9c-6-1-12-1-17 3zv28" />`,
  ),
  cultural_creative: look(
    '#d9e6f5',
    '#2b6cb0',
    svg`<path d="M24 6l5 13h13l-10 8 4 14-12-8-12 8 4-14L6 19h13z" />`,
  ),
};

/** Quarters of tiles: each is turned about the middle four times. */
const QUARTERS: readonly SVGTemplateResult[] = [
  svg`<path d="M0 0a50 50 0 0 1 50 50M0 20a30 30 0 0 1 30 30M0 0l50 50" />`,
  svg`<path d="M0 0h18a32 32 0 0 1 32 32v18M0 0a50 50 0 0 0 50 50" /><circle cx="14" cy="34" r="5" />`,
  svg`<path d="M0 25 25 0 50 25 25 50zM12 25l13-13 13 13" /><circle cx="25" cy="25" r="4" />`,
  svg`<path d="M0 0c30 4 46 20 50 50M0 12c22 4 34 16 38 38M0 24c14 4 22 12 26 26" />`,
  svg`<path d="M0 0c0 26 24 26 24 50M0 0c26 0 26 24 50 24M8 8l12 12" /><circle cx="8" cy="42" r="4" />`,
  svg`<path d="M0 30c16 0 20-8 20-30M50 20c-22 0-30 4-30 30" /><path d="M30 0v14h20" />`,
];

@customElement('feira-art')
export class Art extends Part {
  static override styles = [
    base,
    css`
      :host {
        aspect-ratio: 1;
        border-radius: 14px;
        overflow: hidden;
      }
      svg {
        display: block;
        width: 100%;
        height: 100%;
      }
    `,
  ];

  @property() sku = '';
  @property() category = '';

  protected override render() {
    const { ground, line, icon } = LOOKS[this.category] ?? LOOKS['cultural_creative']!;
    const quarter = QUARTERS[sum(this.sku) % QUARTERS.length];
    const quarters = [0, 90, 180, 270].map(
      (turn) => svg`<g transform="rotate(${turn} 50 50)">${quarter}</g>`,
    );
    return html`<svg
      viewBox="0 0 100 100"
      preserveAspectRatio="xMidYMid slice"
      aria-hidden="true"
      focusable="false"
    >
      <rect width="100" height="100" fill=${ground} />
      <g fill="none" stroke=${line} stroke-width="2" opacity=".55">${quarters}</g>
      <circle cx="50" cy="50" r="29" fill="#fff" opacity=".95" />
      <circle cx="50" cy="50" r="29" fill="none" stroke=${line} stroke-width="1.5" />
      <g
        transform="translate(27.2 27.2) scale(.95)"
        fill="none"
        stroke=${line}
        stroke-width="3"
        stroke-linecap="round"
        stroke-linejoin="round"
      >
        ${icon}
      </g>
    </svg>`;
  }
}

function sum(text: string): number {
  let all = 7;
  for (const sign of text) all = (all * 31 + (sign.codePointAt(0) ?? 0)) % 65521;
  return all;
}

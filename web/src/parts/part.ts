/** What all components share: they follow the language, and look alike. */
import { css, LitElement, type CSSResultGroup } from 'lit';

import { locale } from '../i18n/i18n';
import { Watch, type Cell } from '../state/cell';

export const base = css`
  :host {
    display: block;
  }
  :host([hidden]) {
    display: none;
  }
  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }
  h1,
  h2,
  h3,
  p,
  ul,
  ol,
  dl,
  dd,
  figure {
    margin: 0;
    padding: 0;
  }
  ul,
  ol {
    list-style: none;
  }
  h1,
  h2 {
    font-family: var(--serif);
    font-weight: 700;
    line-height: 1.15;
    text-wrap: balance;
  }
  button,
  input,
  select {
    font: inherit;
    color: inherit;
  }
  button {
    cursor: pointer;
  }
  .button {
    display: inline-flex;
    align-items: center;
    justify-content: center;
    gap: 0.5em;
    min-height: 46px;
    padding: 0.5rem 1.1rem;
    border: 0;
    border-radius: 999px;
    background: var(--blue);
    color: #fff;
    font-weight: 650;
    text-decoration: none;
    transition:
      transform 0.12s,
      background 0.15s;
  }
  .button:hover {
    background: var(--deep);
  }
  .button:active {
    transform: scale(0.98);
  }
  .button.hot {
    background: var(--red);
  }
  .button.hot:hover {
    background: #9d2213;
  }
  .button.plain {
    background: var(--sky);
    color: var(--deep);
  }
  .button.plain:hover {
    background: #d3e3f1;
  }
  .button.small {
    min-height: 36px;
    padding: 0.25rem 0.85rem;
    font-size: 0.9rem;
  }
  .button[disabled],
  .button[aria-disabled='true'] {
    background: #dfe3e7;
    color: #4c5965;
    cursor: default;
  }
  a {
    color: var(--blue);
  }
  :focus-visible {
    outline: 3px solid var(--gold);
    outline-offset: 2px;
  }
  input,
  select {
    min-height: 46px;
    padding: 0.4rem 0.8rem;
    border: 1.5px solid #c4bdae;
    border-radius: 12px;
    background: #fff;
    width: 100%;
  }
  label {
    display: block;
    font-weight: 600;
    font-size: 0.92rem;
  }
  label > input,
  label > select {
    margin-top: 0.3rem;
    font-weight: 400;
  }
  .muted {
    color: var(--muted);
  }
  .unseen {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  .card {
    background: var(--card);
    border-radius: var(--radius);
    box-shadow: var(--shade);
    padding: 1rem;
  }
  .chip {
    display: inline-flex;
    align-items: center;
    gap: 0.4em;
    padding: 0.1rem 0.6rem;
    border-radius: 999px;
    font-size: 0.82rem;
    font-weight: 650;
    background: var(--sky);
    color: var(--deep);
    white-space: nowrap;
  }
  .chip.live {
    background: var(--red);
    color: #fff;
  }
  .chip.live::before {
    content: '';
    width: 0.5em;
    height: 0.5em;
    border-radius: 50%;
    background: #fff;
    animation: pulse 1.6s infinite;
  }
  .chip.good {
    background: var(--mint);
    color: #075240;
  }
  .chip.bad {
    background: var(--blush);
    color: #8f1d0d;
  }
  .chip.gold {
    background: #fdf0d0;
    color: #6d4600;
  }
  @keyframes pulse {
    50% {
      opacity: 0.25;
    }
  }
  .bone {
    border-radius: 10px;
    background: linear-gradient(100deg, #e9e4d9 40%, #f5f2ea 50%, #e9e4d9 60%);
    background-size: 300% 100%;
    animation: shimmer 1.4s infinite linear;
  }
  @keyframes shimmer {
    from {
      background-position: 100% 0;
    }
    to {
      background-position: 0 0;
    }
  }
  @media (prefers-reduced-motion: reduce) {
    *,
    *::before,
    *::after {
      animation: none !important;
      transition: none !important;
    }
  }
`;

export class Part extends LitElement {
  static override styles: CSSResultGroup = base;

  constructor() {
    super();
    this.follow(locale);
  }

  /** Render again whenever one of *cells* changes. */
  protected follow(...cells: Cell<any>[]): void {
    new Watch(this, cells);
  }

  protected tell(name: string, detail?: unknown): void {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
  }
}

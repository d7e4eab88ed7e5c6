/** How the page of festival.ts looks. */
import { css } from 'lit';

export const look = css`
  .hero {
    position: relative;
    overflow: hidden;
    padding: clamp(1.6rem, 4vw, 2.8rem) var(--edge) clamp(2rem, 4.5vw, 3.2rem);
    color: #fff;
    background: linear-gradient(160deg, #14639c, #0a2f52 70%);
  }
  :host {
    --edge: max(1rem, calc(50vw - 37rem));
  }
  .hero svg {
    position: absolute;
    inset: auto 0 0 0;
    width: 100%;
    height: 70%;
    opacity: 0.1;
  }
  .hero > *:not(svg) {
    position: relative;
  }
  .hero h1 {
    font-size: clamp(1.7rem, 4.6vw, 2.7rem);
    max-width: 22em;
    margin: 0.5rem 0 0.6rem;
  }
  .hero p {
    font-size: 1.08rem;
    color: #d6e6f4;
  }
  .hero p.shape {
    display: inline-flex;
    gap: 0.5rem;
    align-items: baseline;
    margin-top: 1.1rem;
    font: 700 1.6rem var(--serif);
    color: var(--gold);
  }
  section {
    padding: 1.8rem var(--edge) 0;
  }
  h2 {
    scroll-margin-top: 76px;
    font-size: 1.5rem;
    margin-bottom: 0.9rem;
  }
  .sub {
    display: flex;
    flex-wrap: wrap;
    justify-content: space-between;
    align-items: baseline;
    gap: 0 1rem;
  }
  .rooms {
    display: grid;
    gap: 0.8rem;
    grid-template-columns: repeat(auto-fill, minmax(min(100%, 19rem), 1fr));
  }
  .rooms a {
    display: grid;
    gap: 0.35rem;
    align-content: start;
    height: 100%;
    padding: 1rem 1.1rem;
    border-radius: 20px;
    background: var(--card);
    box-shadow: var(--shade);
    color: inherit;
    text-decoration: none;
    transition: transform 0.15s;
  }
  .rooms a:hover {
    transform: translateY(-2px);
  }
  .rooms a.live {
    background: linear-gradient(150deg, #0f4c81, #0a2f52);
    color: #fff;
  }
  .rooms .live .muted {
    color: #c7dbee;
  }
  .rooms h3 {
    font: 700 1.15rem/1.25 var(--serif);
  }
  .plan {
    display: grid;
    gap: 0.7rem;
    grid-template-columns: repeat(auto-fill, minmax(min(100%, 17rem), 1fr));
  }
  .plan li {
    display: grid;
    grid-template-columns: 2.6rem 1fr;
    gap: 0 0.8rem;
    padding: 0.8rem 0.9rem;
    border-radius: 16px;
    background: var(--card);
    border: 1px solid var(--line);
  }
  .plan b {
    grid-row: span 2;
    font: 700 1.7rem/1 var(--serif);
    color: var(--blue);
    align-self: center;
    text-align: center;
  }
  .plan .now {
    border: 2px solid var(--gold);
    background: #fffaf0;
  }
  .plan h3 {
    font-size: 1rem;
    line-height: 1.3;
  }
  .plan .muted {
    font-size: 0.86rem;
  }
  .opening li {
    background: var(--gold);
    border: 0;
    color: #3b2500;
  }
  .opening li b,
  .opening li .muted {
    color: #5a3a00;
  }
  .label {
    margin: 1.1rem 0 0.6rem;
    font-weight: 700;
    font-size: 1rem;
    color: var(--muted);
  }
  .filters {
    display: flex;
    gap: 0.4rem;
    overflow-x: auto;
    padding: 4px;
    margin: -4px -4px 0.8rem;
    scrollbar-width: none;
  }
  .filters button {
    flex: none;
    min-height: 40px;
    border: 1px solid #c4bdae;
    border-radius: 999px;
    padding: 0.2rem 0.9rem;
    background: #fff;
    font-size: 0.9rem;
  }
  .filters button[aria-pressed='true'] {
    background: var(--deep);
    border-color: var(--deep);
    color: #fff;
  }
  .goods {
    display: grid;
    gap: 0.8rem;
    grid-template-columns: repeat(auto-fill, minmax(min(44%, 11.5rem), 1fr));
  }
  .goods li {
    display: flex;
    flex-direction: column;
    background: var(--card);
    border-radius: 18px;
    overflow: hidden;
    box-shadow: var(--shade);
    position: relative;
  }
  .goods feira-art {
    border-radius: 0;
    aspect-ratio: 4 / 3;
  }
  .goods div {
    padding: 0.6rem 0.75rem 0.8rem;
    display: flex;
    flex-direction: column;
    gap: 0.15rem;
    flex: 1;
  }
  .goods h3 {
    font-size: 0.94rem;
    line-height: 1.3;
  }
  .goods p {
    font-size: 0.82rem;
  }
  .goods feira-price {
    margin-top: auto;
    padding-top: 0.3rem;
  }
  .goods a {
    position: absolute;
    top: 0.5rem;
    left: 0.5rem;
    text-decoration: none;
  }
  .wait {
    height: 12rem;
    margin: 1rem var(--edge);
  }
  .trouble {
    padding: 2rem var(--edge);
    display: grid;
    gap: 1rem;
    justify-items: start;
  }
`;

/** How the page of till.ts looks. */
import { css } from 'lit';

export const look = css`
  :host {
    padding: 1rem max(1rem, calc(50vw - 38rem)) 3rem;
  }
  .bar {
    display: flex;
    flex-wrap: wrap;
    gap: 0.5rem;
    align-items: center;
    margin-bottom: 1rem;
  }
  h1 {
    font-size: 1.5rem;
    margin-right: 0.4rem;
  }
  h2 {
    font-size: 1.1rem;
    margin-bottom: 0.6rem;
  }
  .end {
    margin-left: auto;
  }
  .desk {
    display: grid;
    gap: 1rem;
    grid-template-columns: minmax(0, 1fr);
    align-items: start;
  }
  @media (min-width: 900px) {
    .desk {
      grid-template-columns: minmax(0, 1fr) 24rem;
    }
    feira-basket {
      position: sticky;
      top: 76px;
    }
  }
  .scan input {
    font-size: 1.2rem;
    min-height: 56px;
  }
  .goods {
    display: grid;
    gap: 0.6rem;
    grid-template-columns: repeat(auto-fill, minmax(min(100%, 17rem), 1fr));
    margin-top: 0.8rem;
  }
  .item {
    display: grid;
    grid-template-columns: 52px minmax(0, 1fr) auto;
    gap: 0 0.7rem;
    align-items: center;
    padding: 0.55rem 0.7rem;
  }
  .item h3 {
    font-size: 0.95rem;
    line-height: 1.25;
  }
  .item button.add {
    min-width: 46px;
    padding: 0;
    font-size: 1.3rem;
  }
  .lease {
    grid-column: 2 / -1;
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0.2rem 0.6rem;
    font-size: 0.82rem;
  }
  .lease button {
    border: 0;
    background: none;
    padding: 0.35rem 0;
    min-height: 32px;
    color: var(--blue);
    text-decoration: underline;
    font-size: 0.85rem;
  }
  @media (max-width: 899px) {
    .end {
      margin-left: 0;
    }
  }
  .sum {
    font-variant-numeric: tabular-nums;
    white-space: nowrap;
  }
  .made li {
    display: flex;
    flex-wrap: wrap;
    justify-content: space-between;
    gap: 0.2rem 0.8rem;
    padding: 0.4rem 0;
    border-bottom: 1px solid var(--line);
  }
  .made button {
    border: 0;
    background: none;
    text-decoration: underline;
    color: var(--blue);
    min-height: 36px;
    padding: 0;
  }
  .gate {
    display: grid;
    gap: 1rem;
    justify-items: start;
    max-width: 30rem;
    margin: 12vh auto;
  }
  @media print {
    :host > *:not(feira-receipt) {
      display: none;
    }
  }
`;

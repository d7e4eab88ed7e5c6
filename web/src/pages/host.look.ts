/** How the page of host.ts looks. */
import { css } from 'lit';

export const look = css`
  :host {
    padding: 1.2rem max(1rem, calc(50vw - 38rem)) 3rem;
  }
  .top {
    display: flex;
    flex-wrap: wrap;
    gap: 0.6rem 0.9rem;
    align-items: center;
    margin-bottom: 1rem;
  }
  h1 {
    font-size: 1.6rem;
  }
  .moves {
    display: flex;
    flex-wrap: wrap;
    gap: 0.5rem;
    margin-left: auto;
  }
  .board {
    display: grid;
    gap: 1rem;
    grid-template-columns: minmax(0, 1fr);
    align-items: start;
  }
  @media (min-width: 980px) {
    .board {
      grid-template-columns: minmax(0, 1fr) 23rem;
    }
    .side {
      position: sticky;
      top: 76px;
    }
  }
  .side,
  .rundown {
    display: grid;
    gap: 1rem;
  }
  .rundown {
    gap: 0.6rem;
  }
  h2 {
    font-size: 1.1rem;
    margin-bottom: 0.6rem;
  }
  .slot {
    display: grid;
    grid-template-columns: 2.6rem 48px minmax(0, 1fr);
    gap: 0.3rem 0.8rem;
    align-items: center;
    padding: 0.7rem 0.8rem;
    border-left: 6px solid transparent;
  }
  .slot.pinned {
    border-left-color: var(--red);
    background: #fffaf2;
  }
  .slot.out {
    opacity: 0.7;
  }
  .when {
    font-variant-numeric: tabular-nums;
    text-align: center;
  }
  .when b {
    display: block;
    font-size: 1.2rem;
  }
  .when span {
    font-size: 0.8rem;
  }
  .slot h3 {
    font-size: 1rem;
    line-height: 1.25;
  }
  .facts {
    display: flex;
    flex-wrap: wrap;
    gap: 0.2rem 0.7rem;
    align-items: center;
    font-size: 0.88rem;
  }
  .acts {
    grid-column: 1 / -1;
    display: flex;
    flex-wrap: wrap;
    gap: 0.5rem;
    align-items: center;
    justify-content: flex-end;
  }
  @media (min-width: 700px) {
    .slot {
      grid-template-columns: 3.4rem 56px minmax(0, 1fr) auto;
    }
    .acts {
      grid-column: auto;
    }
  }
  feira-chat {
    height: 20rem;
    --chat-bubble: var(--paper);
    --chat-field: var(--paper);
  }
  .correction {
    display: grid;
    gap: 0.6rem;
    justify-items: start;
  }
  .correction label {
    width: 100%;
  }
  .slow {
    display: flex;
    gap: 0.6rem;
    align-items: center;
    justify-content: space-between;
    margin-bottom: 0.6rem;
  }
  .slow select {
    width: auto;
    margin: 0;
  }
  .list {
    display: grid;
    gap: 0.7rem;
  }
  .list a {
    display: flex;
    flex-wrap: wrap;
    gap: 0.3rem 0.8rem;
    align-items: center;
    color: inherit;
    text-decoration: none;
  }
  .list b {
    flex: 1 1 12rem;
  }
  .gate {
    display: grid;
    gap: 1rem;
    justify-items: start;
    max-width: 32rem;
    margin: 12vh auto;
  }
  .wait {
    height: 60vh;
  }
`;

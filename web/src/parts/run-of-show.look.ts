/** How the run-of-show of run-of-show.ts looks. */
import { css } from 'lit';

export const look = css`
  h2 {
    font-size: 1.1rem;
    margin-bottom: 0.6rem;
  }
  ol {
    display: grid;
    gap: 0.6rem;
  }
  form {
    grid-column: 1 / -1;
    display: flex;
    flex-wrap: wrap;
    gap: 0.5rem;
    align-items: end;
  }
  form input {
    min-height: 36px;
    width: 8rem;
  }
  .proposal {
    display: grid;
    gap: 0.5rem;
    justify-items: start;
    margin-bottom: 0.6rem;
    background: #fdf0d0;
    color: #5b3b00;
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
`;

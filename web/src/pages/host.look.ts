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
      grid-template: auto 1fr / minmax(0, 1fr) 23rem;
    }
    .side {
      grid-area: 1 / 2 / span 2;
    }
    .more {
      grid-template-rows: auto 1fr;
    }
    feira-games-desk {
      grid-row: span 2;
    }
  }
  .side,
  .more {
    display: grid;
    gap: 1rem;
    align-items: start;
  }
  .more {
    grid-template-columns: repeat(auto-fit, minmax(min(100%, 17rem), 1fr));
  }
  .away {
    margin-bottom: 1rem;
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

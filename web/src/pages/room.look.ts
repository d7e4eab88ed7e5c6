/** How the page of room.ts looks. */
import { css } from 'lit';

export const look = css`
  :host {
    --stage-below: 40%;
    position: relative;
    height: 100dvh;
    background: #06203a;
    color: #fff;
    display: grid;
    grid-template-columns: minmax(0, 1fr);
  }
  feira-stage {
    position: absolute;
    inset: 0;
  }
  .front {
    position: relative;
    display: flex;
    flex-direction: column;
    gap: 0.6rem;
    height: 100dvh;
    padding: 68px 0.8rem max(0.8rem, env(safe-area-inset-bottom));
    pointer-events: none;
  }
  .front > * {
    pointer-events: auto;
  }
  .title {
    display: flex;
    flex-wrap: wrap;
    gap: 0.3rem 0.5rem;
    align-items: center;
  }
  h1 {
    font-size: 1.12rem;
    text-shadow: 0 1px 6px #0009;
    flex-basis: 100%;
  }
  .chip.count {
    background: #00000073;
    color: #fff;
  }
  .gap {
    flex: 1 1 0;
    min-height: 0;
    display: flex;
    align-items: flex-end;
    justify-content: space-between;
    gap: 0.6rem;
    pointer-events: none;
  }
  .gap > * {
    pointer-events: auto;
  }
  feira-chat {
    flex: 1;
    max-width: 34rem;
    height: 100%;
    max-height: 15rem;
    --chat-bubble: #04172899;
    --chat-field: #041728b3;
    --chat-name: #9fd0ff;
  }
  .offers {
    display: flex;
    gap: 0.7rem;
    overflow-x: auto;
    scroll-snap-type: x mandatory;
    scrollbar-width: none;
    margin: 0 -0.8rem;
    padding: 0.3rem 0.8rem 0;
  }
  .offers > * {
    flex: 0 0 100%;
    scroll-snap-align: center;
  }
  .offers > *:nth-last-child(n + 2):first-child,
  .offers > *:nth-last-child(n + 2):first-child ~ * {
    flex-basis: 93%;
  }
  .note {
    padding: 0.45rem 0.8rem;
    border-radius: 12px;
    background: #fdf0d0;
    color: #5b3b00;
    font-size: 0.9rem;
    align-self: flex-start;
  }
  .empty {
    padding: 0.9rem 1rem;
    border-radius: 18px;
    background: #041728b3;
  }
  .wait {
    margin-top: auto;
    height: 9.5rem;
    border-radius: 20px;
    opacity: 0.8;
  }
  .lost {
    display: grid;
    place-content: center;
    gap: 1rem;
    text-align: center;
    height: 100dvh;
    padding: 2rem;
  }
  @media (min-width: 900px) {
    :host {
      --stage-below: 6%;
      grid-template-columns: minmax(0, 1fr) 26rem;
      padding: 76px 1.2rem 1.2rem;
      gap: 1.2rem;
    }
    feira-stage {
      position: relative;
      inset: auto;
      border-radius: 26px;
      height: calc(100dvh - 76px - 1.2rem);
    }
    .front {
      height: calc(100dvh - 76px - 1.2rem);
      padding: 0;
    }
    .offers {
      order: 1;
      flex-direction: column;
      overflow: visible auto;
      flex: 0 1 auto;
      max-height: 60%;
      margin: 0;
      padding: 0 2px 4px;
    }
    .offers > * {
      flex: 0 0 auto !important;
    }
    .gap {
      order: 2;
      flex: 1;
    }
    .note,
    .title {
      order: 0;
    }
    h1 {
      font-size: 1.5rem;
    }
    feira-chat {
      max-height: none;
      --chat-bubble: #ffffff14;
      --chat-field: #ffffff1f;
    }
  }
`;

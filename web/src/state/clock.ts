/** The services' clock: deals and holds end by it, whatever this device's says. */
import { Cell } from './cell';

let offset = 0;

/** Milliseconds since the epoch by the services' clock. */
export const now = (): number => Date.now() + offset;

export function setClock(serverNow: string): void {
  offset = Date.parse(serverNow) - Date.now();
}

/** Changes every second, as long as the page is looked at. */
export const second = new Cell(0);

setInterval(() => {
  if (!document.hidden) second.set(second.value + 1);
}, 1000);

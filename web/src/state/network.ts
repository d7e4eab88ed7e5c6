/** Whether there is a network, as far as the browser knows. */
import { Cell } from './cell';

export const online = new Cell(navigator.onLine);

addEventListener('online', () => online.set(true));
addEventListener('offline', () => online.set(false));

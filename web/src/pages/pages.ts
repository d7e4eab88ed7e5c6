/** Which file each page is in: it is loaded when it is asked for. */
import type { Place } from '../state/router';

const FILES: Record<Place['page'], () => Promise<unknown>> = {
  festival: () => import('./festival'),
  room: () => import('./room'),
  host: () => import('./host'),
  till: () => import('./till'),
};

export const load = (page: Place['page']): Promise<unknown> => FILES[page]();

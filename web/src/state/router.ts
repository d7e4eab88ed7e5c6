/** Which page is shown: all is in the fragment, so any web server can serve the pages. */
import { Cell } from './cell';

export type Place =
  | { page: 'festival'; id: string }
  | { page: 'room'; id: string }
  | { page: 'host'; id: string }
  | { page: 'till'; id: string };

export const place = new Cell<Place>({ page: 'festival', id: '' });

const PAGES: Record<string, Place['page']> = {
  festivals: 'festival',
  rooms: 'room',
  host: 'host',
  till: 'till',
};

export function read(): void {
  const [, name = '', id = ''] = location.hash.split('/');
  place.set({ page: PAGES[name] ?? 'festival', id: decodeURIComponent(id) });
}

export function follow(): void {
  read();
  addEventListener('hashchange', read);
}

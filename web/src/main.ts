/** Where the pages begin: what they are told, in which language, for whom, which page. */
import { preferred, setLocale } from './i18n/i18n';
import { loadConfig } from './state/config';
import { remember } from './state/identity';
import { load } from './pages/pages';
import { follow, place } from './state/router';

const AGAIN = 5000;

async function begin(): Promise<void> {
  remember();
  follow();
  // All at once: on a slow network it is the turns that take long. The page is made last.
  await Promise.all([
    loadConfig().catch(() => undefined),
    setLocale(preferred()),
    import('./app'),
    load(place.value.page).catch(() => undefined),
  ]);
  document.body.replaceChildren(document.createElement('feira-app'));
  if ('serviceWorker' in navigator) navigator.serviceWorker.register('./sw.js').catch(() => null);
}

// A file that does not come on a bad network is asked for again.
begin().catch(() => setTimeout(() => location.reload(), AGAIN));

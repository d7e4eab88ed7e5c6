/** Where the pages begin: what they are told, in which language, for whom, which page. */
import { preferred, setLocale } from './i18n/i18n';
import { loadConfig } from './state/config';
import { remember } from './state/identity';
import { follow } from './state/router';

async function begin(): Promise<void> {
  remember();
  follow();
  await Promise.all([loadConfig().catch(() => undefined), setLocale(preferred())]);
  await import('./app');
  if ('serviceWorker' in navigator) navigator.serviceWorker.register('./sw.js').catch(() => null);
}

void begin();

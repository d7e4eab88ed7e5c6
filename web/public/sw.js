// Keeps the pages themselves, so that they open without a network; never what a service answers.
const KEPT = 'feira-pages-1';
const SHELL = ['./', './config.json', './icon.svg', './app.webmanifest'];

self.addEventListener('install', (event) => {
  event.waitUntil(
    caches
      .open(KEPT)
      .then((cache) => cache.addAll(SHELL))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));

// A till asks for everything to be kept, before it needs it.
self.addEventListener('message', (event) => {
  if (event.data === 'keep') event.waitUntil(keep().then(() => event.source.postMessage('kept')));
});

async function keep() {
  const cache = await caches.open(KEPT);
  const built = await (await fetch('./assets.json')).json();
  const files = new Set(
    Object.values(built)
      .flatMap((chunk) => [chunk.file, ...(chunk.css ?? []), ...(chunk.assets ?? [])])
      .filter((file) => !file.includes('hls')),
  );
  await cache.addAll([...SHELL, ...[...files].map((file) => `./${file}`)]);
  for (const request of await cache.keys()) {
    const path = new URL(request.url).pathname;
    if (path.includes('/assets/') && ![...files].some((file) => path.endsWith(file)))
      await cache.delete(request);
  }
}

self.addEventListener('fetch', (event) => {
  const url = new URL(event.request.url);
  const here = new URL('./', self.registration.scope);
  if (event.request.method !== 'GET' || url.origin !== here.origin) return;
  const path = url.pathname.slice(here.pathname.length);
  if (path.startsWith('assets/')) event.respondWith(fromCacheFirst(event.request));
  else if (SHELL.includes(`./${path}`)) event.respondWith(fromNetworkFirst(event.request));
});

async function fromCacheFirst(request) {
  const kept = await caches.match(request, { ignoreVary: true });
  if (kept) return kept;
  const answer = await fetch(request);
  if (answer.ok && !request.url.includes('hls'))
    (await caches.open(KEPT)).put(request, answer.clone());
  return answer;
}

async function fromNetworkFirst(request) {
  try {
    const answer = await fetch(request);
    if (answer.ok) (await caches.open(KEPT)).put(request, answer.clone());
    return answer;
  } catch {
    return (await caches.match(request, { ignoreVary: true })) ?? Response.error();
  }
}

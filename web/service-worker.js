/*
 * Keeps the app's files, so that it works without a network, and sends them with the two headers that give WebAssembly its threads, so
 * that any static server will do. `version`, `files` and `later` are written in front of this by
 * the build.
 */
/* global version, files, later */
const prefix = 'trilu-app-';
const cacheName = prefix + version;

self.addEventListener('install', (event) => {
  const keep = async () => {
    const cache = await caches.open(cacheName);
    await cache.addAll(files.map((file) => new Request(file, { cache: 'reload' })));
    await self.skipWaiting();
  };
  event.waitUntil(keep());
});

self.addEventListener('activate', (event) => {
  const takeOver = async () => {
    const names = await caches.keys();
    await Promise.all(
      names.filter((name) => name.startsWith(prefix) && name !== cacheName).map((name) => caches.delete(name)),
    );
    await self.clients.claim();
  };
  event.waitUntil(takeOver());
});

// What is large is kept once the page has what it needs: nothing waits for it.
self.addEventListener('message', (event) => {
  if (event.data !== 'keep') return;
  const keep = async () => {
    const cache = await caches.open(cacheName);
    const wanted = later.filter(({ gpu }) => !gpu || self.navigator.gpu !== undefined);
    for (const { file } of wanted) {
      if ((await cache.match(file)) === undefined) await cache.add(file);
    }
    event.ports[0]?.postMessage('kept');
  };
  event.waitUntil(keep().catch(() => undefined)); // without a network it is tried again next time
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  if (request.method !== 'GET' || new URL(request.url).origin !== self.location.origin) return;
  event.respondWith(answer(request));
});

async function answer(request) {
  const cache = await caches.open(cacheName);
  const kept = await cache.match(request, { ignoreSearch: true });
  if (kept !== undefined) return isolated(kept);
  const response = await fetch(request);
  // Whole files only: what comes in parts can't be kept.
  if (response.status === 200) await cache.put(request, response.clone());
  return isolated(response);
}

/** The same answer, in a page that may have threads. */
function isolated(response) {
  if (response.status === 0) return response;
  const headers = new Headers(response.headers);
  headers.set('Cross-Origin-Opener-Policy', 'same-origin');
  headers.set('Cross-Origin-Embedder-Policy', 'require-corp');
  headers.set('Cross-Origin-Resource-Policy', 'same-origin');
  const { status, statusText } = response;
  return new Response(response.body, { status, statusText, headers });
}

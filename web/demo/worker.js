// Keeps the page itself for when the server cannot be reached: from the network where there is one, else as it was last.
// What is in the page is the library's business. Served beside /demo, whose parent must be within its reach.
const FILES = ['/demo', '/demo/app.js', '/demo/style.css', '/demo/icon.svg', '/demo/inter.woff2'];
const NAME = 'mosquitto-sync-demo';

addEventListener('install', (event) => {
  skipWaiting();
  event.waitUntil(caches.open(NAME).then((cache) => cache.addAll(FILES)));
});

addEventListener('activate', (event) => event.waitUntil(clients.claim()));

addEventListener('fetch', (event) => {
  const { origin, pathname } = new URL(event.request.url);
  if (event.request.method !== 'GET' || origin !== location.origin || !FILES.includes(pathname)) return;
  event.respondWith(newest(event.request, pathname));
});

async function newest(request, path) {
  const cache = await caches.open(NAME);
  try {
    const answer = await fetch(request);
    if (answer.ok) await cache.put(path, answer.clone());
    return answer;
  } catch (error) {
    const kept = await cache.match(path);
    if (!kept) throw error;
    return kept;
  }
}

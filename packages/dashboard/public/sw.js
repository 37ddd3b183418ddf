/*
 * The service worker: notifications, and a page for when there is no network. It keeps nothing of what people see.
 * What a notification carries is made in channels/src/push/payload.ts.
 */
const OFFLINE = ['/offline.html', '/offline.css', '/favicon.svg'];
const CACHE = 'countersign-offline-1';
const ICON = '/icons/192.png';
const BADGE = '/icons/badge-96.png';
const LABELS = { approve: 'Approve', reject: 'Reject' };

self.addEventListener('install', (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(OFFLINE)));
  void self.skipWaiting();
});

self.addEventListener('activate', (event) => {
  const forget = async () => {
    for (const name of await caches.keys()) if (name !== CACHE) await caches.delete(name);
    await self.clients.claim();
  };
  event.waitUntil(forget());
});

// Only pages, and only where the network fails: everything else is the browser's.
self.addEventListener('fetch', (event) => {
  const { request } = event;
  if (request.mode === 'navigate')
    event.respondWith(fetch(request).catch(async () => (await caches.match('/offline.html')) ?? Response.error()));
  else if (OFFLINE.includes(new URL(request.url).pathname))
    event.respondWith(fetch(request).catch(async () => (await caches.match(request)) ?? Response.error()));
});

const show = (title, { body, tag, isQuiet = false, actions = [], data }) =>
  self.registration.showNotification(title, {
    body,
    tag,
    icon: ICON,
    badge: BADGE,
    silent: isQuiet,
    renotify: !isQuiet,
    requireInteraction: actions.length > 0,
    actions: actions.map((action) => ({ action, title: LABELS[action] ?? action })),
    data,
  });

self.addEventListener('push', (event) => {
  const message = event.data.json();
  const { title, body, tag, actions, is_quiet: isQuiet } = message;
  event.waitUntil(show(title, { body, tag, isQuiet, actions, data: message }));
});

/** A page of ours, whatever it says. */
const open = async (address) => {
  const url = new URL(new URL(address, self.location.origin).pathname, self.location.origin).href;
  const pages = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
  const there = pages.find((page) => page.url === url) ?? pages[0];
  if (!there) return self.clients.openWindow(url);
  const page = there.url === url ? there : await there.navigate(url).catch(() => null);
  return page ? page.focus() : self.clients.openWindow(url);
};

/** Says what became of it in the place of what was asked; opening that opens the page. */
const say = (message, words) =>
  show(message.title, { body: words, tag: message.tag, isQuiet: true, data: { tag: message.tag, url: message.url } });

const json = { accept: 'application/json', 'content-type': 'application/json' };

/** As the person who is signed in here, who has to be the one whom it was sent to; on the very content that was shown. */
const decide = async (message, action) => {
  try {
    const session = await fetch('/v1/session', { headers: json });
    if (!session.ok) return open(message.url);
    if ((await session.json()).person.id !== message.for)
      return await say(message, 'Nothing was decided: somebody else is signed in in this browser.');
    const answer = await fetch(`/v1/approvals/${encodeURIComponent(message.approval)}/decide`, {
      method: 'POST',
      // The same press again is the same request.
      headers: { ...json, 'idempotency-key': `push-${message.id}-${action}` },
      body: JSON.stringify({ decision: action === 'approve' ? 'approved' : 'rejected', digest: message.digest }),
    });
    const told = await answer.json().catch(() => ({}));
    if (!answer.ok) return await say(message, `Nothing was decided. ${told.detail || told.title || ''}`.trim());
    if (told.status === 'pending') return await say(message, 'Your approval counts. Others still have to.');
    return await say(message, action === 'approve' ? 'You approved it.' : 'You rejected it.');
  } catch {
    return say(message, 'Nothing is known to be decided: the server could not be reached. Open it to see.');
  }
};

self.addEventListener('notificationclick', (event) => {
  const { notification, action } = event;
  const message = notification.data;
  notification.close();
  const mayDecide = message.actions?.includes(action) === true;
  event.waitUntil(mayDecide ? decide(message, action) : open(message.url));
});

// The browser changed its address: the page subscribes anew when it is opened next (account/push-section.tsx).

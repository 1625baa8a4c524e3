// A service worker. Browsers allow threads only to pages whose server sends two headers; plain servers do not, so this adds
// them on the way. It keeps nothing, and the page takes it out again as soon as it is there (threads.js).
"use strict";

addEventListener("install", () => skipWaiting());
addEventListener("activate", event => event.waitUntil(clients.claim()));
addEventListener("fetch", event => {
    const { request } = event, folder = new URL("./", location.href).href;
    if (request.method !== "GET" || !request.url.startsWith(folder) || request.cache === "only-if-cached") return;
    event.respondWith(fetch(request).then(response => {
        const headers = new Headers(response.headers);
        headers.set("Cross-Origin-Opener-Policy", "same-origin");
        headers.set("Cross-Origin-Embedder-Policy", "require-corp");
        return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
    }));
});

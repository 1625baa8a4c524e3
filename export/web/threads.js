// Before anything else is loaded: asks for threads where a server could not. With isolate.js in between the page is loaded
// once more, and then allowed to have them. Where that does not work, the page goes on with one thread.
"use strict";

const ISOLATE_PATIENCE = 3000; // ms

function waitForController(container) {
    return new Promise(resolve => {
        if (container.controller) return resolve(true);
        container.addEventListener("controllerchange", () => resolve(true), { once: true });
        setTimeout(() => resolve(false), ISOLATE_PATIENCE);
    });
}

// Removes what an earlier visit has left, so that nothing stays behind and nothing asks the server later on.
async function removeIsolation(container) {
    const registration = await container.getRegistration("./");
    if (registration?.active?.scriptURL === new URL("isolate.js", location.href).href) await registration.unregister();
}

// True where the page is being loaded anew, and what is here need not go on.
async function gainThreads() {
    const container = navigator.serviceWorker, tried = "unmush-isolation-tried";
    if (!location.protocol.startsWith("http") || !container || !self.isSecureContext || navigator.hardwareConcurrency < 2) return false;
    try {
        if (self.crossOriginIsolated || sessionStorage.getItem(tried)) {
            sessionStorage.removeItem(tried);
            await removeIsolation(container);
            return false;
        }
        sessionStorage.setItem(tried, "yes");
        await container.register("isolate.js");
        if (!await waitForController(container)) {
            await removeIsolation(container);
            return false;
        }
        location.reload();
        return true;
    } catch {
        return false;
    }
}

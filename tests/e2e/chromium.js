// A headless Chromium as a puppet, over its DevTools protocol through a pipe: no package is needed.
"use strict";
const { spawn } = require("node:child_process");

class Chromium {
    // command: the browser; folder: for its profile; flags: more of its options
    constructor(command, folder, flags = []) {
        this.child = spawn(command, ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-extensions",
            "--disable-dev-shm-usage", "--disable-background-networking", "--remote-debugging-pipe",
            `--user-data-dir=${folder}`, ...flags, "about:blank"],
            { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
        this.next = 1;
        this.waiting = new Map();
        this.listeners = [];
        this.gone = new Promise((_, reject) => {
            this.child.on("error", reject);
            this.child.on("exit", code => reject(new Error(`the browser ended (${code})`)));
        });
        this.gone.catch(() => {});
        let rest = "";
        this.child.stdio[4].setEncoding("utf8");
        this.child.stdio[4].on("data", text => {
            const messages = (rest + text).split("\0");
            rest = messages.pop();
            messages.forEach(message => this.receive(JSON.parse(message)));
        });
    }

    receive(message) {
        const waiting = this.waiting.get(message.id);
        if (!waiting) return this.listeners.forEach(listener => listener(message.method, message.params ?? {}));
        this.waiting.delete(message.id);
        if (message.error) waiting.reject(new Error(message.error.message));
        else waiting.resolve(message.result);
    }

    send(method, params = {}, session = this.session) {
        const id = this.next++;
        const answer = new Promise((resolve, reject) => this.waiting.set(id, { resolve, reject }));
        const message = { id, method, params };
        if (session) message.sessionId = session;
        this.child.stdio[3].write(JSON.stringify(message) + "\0");
        return Promise.race([answer, this.gone]);
    }

    // Calls listener(method, params) for everything that happens in the page.
    listen(listener) {
        this.listeners.push(listener);
    }

    // Attaches to the one page, and reports what happens in it.
    async begin() {
        const { targetInfos } = await this.send("Target.getTargets");
        const { targetId } = targetInfos.find(target => target.type === "page");
        const { sessionId } = await this.send("Target.attachToTarget", { targetId, flatten: true });
        this.session = sessionId;
        for (const domain of ["Page", "Runtime", "Log", "Network"]) await this.send(`${domain}.enable`);
    }

    // From now on what workers ask of the network is told, too.
    async watchWorkers() {
        this.listen((method, { sessionId, targetInfo }) => {
            if (method === "Target.attachedToTarget" && targetInfo.type.includes("worker"))
                for (const domain of ["Network", "Runtime"]) this.send(`${domain}.enable`, {}, sessionId).catch(() => {});
        });
        await this.send("Target.setAutoAttach", { autoAttach: true, waitForDebuggerOnStart: false, flatten: true });
    }

    // Gives a file to an input of that kind, as a user who has chosen it.
    async chooseFile(selector, ...files) {
        const { root } = await this.send("DOM.getDocument");
        const { nodeId } = await this.send("DOM.querySelector", { nodeId: root.nodeId, selector });
        await this.send("DOM.setFileInputFiles", { nodeId, files });
    }

    async resize(width, height, mobile) {
        await this.send("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile });
    }

    async theme(scheme) {
        await this.send("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: scheme }] });
    }

    async open(url) {
        const loaded = new Promise(resolve => this.listen(method => method === "Page.loadEventFired" && resolve()));
        await this.send("Page.navigate", { url });
        await Promise.race([loaded, this.gone]);
    }

    // The value of an expression in the page; promises are waited for.
    async evaluate(expression) {
        const { result, exceptionDetails } =
            await this.send("Runtime.evaluate", { expression, returnByValue: true, awaitPromise: true });
        if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
        return result.value;
    }

    async mouse(type, x, y) {
        const pressed = type === "mousePressed" || type === "mouseReleased";
        await this.send("Input.dispatchMouseEvent", { type, x, y, button: pressed ? "left" : "none", clickCount: pressed ? 1 : 0 });
    }

    async touch(type, x, y) {
        await this.send("Input.dispatchTouchEvent", { type, touchPoints: type === "touchEnd" ? [] : [{ x, y }] });
    }

    async key(key) {
        const code = { ArrowLeft: 37, ArrowUp: 38, ArrowRight: 39, ArrowDown: 40, Tab: 9, Enter: 13, Home: 36, End: 35 }[key];
        for (const type of ["rawKeyDown", "keyUp"])
            await this.send("Input.dispatchKeyEvent", { type, key, code: key, windowsVirtualKeyCode: code });
        if (key === "Enter") await this.send("Input.dispatchKeyEvent", { type: "char", key, text: "\r" });
    }

    // A picture of what is seen, or of the whole page: PNG bytes.
    async screenshot(whole) {
        const { data } = await this.send("Page.captureScreenshot", { captureBeyondViewport: Boolean(whole) });
        return Buffer.from(data, "base64");
    }

    end() {
        this.child.removeAllListeners("exit");
        this.child.kill("SIGKILL");
    }
}

module.exports = { Chromium };

// The page's side of the worker: starts it, asks it, and starts another where it fails.
"use strict";

const GPU_PATIENCE = { try: 30, take: 300 }; // seconds for WebGPU to show that it works

// Text of base64 -> a Blob, in pieces: browsers keep Blobs out of the page's memory.
function blobOfBase64(text, type) {
    const piece = 1 << 20, parts = [];
    for (let at = 0; at < text.length; at += piece) {
        const bytes = atob(text.slice(at, at + piece)), part = new Uint8Array(bytes.length);
        for (let i = 0; i < bytes.length; i++) part[i] = bytes.charCodeAt(i);
        parts.push(part);
    }
    return new Blob(parts, { type });
}

// The adapter that WebGPU would take. Those that are software are slower than WebAssembly.
async function hasGpu() {
    const adapter = await navigator.gpu?.requestAdapter().catch(() => null);
    return Boolean(adapter) && !(adapter.info?.isFallbackAdapter ?? adapter.isFallbackAdapter);
}

// What is to compute: "#wasm" or "#webgpu" at the end of the page's address insist.
async function wantedExecutor() {
    if (location.hash === "#wasm") return "no";
    if (location.hash === "#webgpu") return "take";
    return await hasGpu() ? "try" : "no";
}

// The runtime lies in a script of its own, because pages that are files may fetch nothing but scripts.
function loadScript(name) {
    return new Promise((resolve, reject) => {
        const script = document.createElement("script");
        script.src = name;
        script.onload = resolve;
        script.onerror = () => reject(new Told(`${name} is missing beside this page.`));
        document.head.append(script);
    });
}

class Engine {
    // model: MODEL of model.js. Loads everything that will ever be needed; nothing is loaded later.
    static async load(model) {
        const engine = new Engine();
        engine.model = model;
        engine.gpu = await wantedExecutor();
        await loadScript(engine.gpu === "no" ? "runtime-wasm.js" : "runtime-webgpu.js");
        engine.version = RUNTIME.version;
        engine.script = new Blob([RUNTIME.library, "\n", RUNTIME.worker], { type: "text/javascript" });
        engine.runtime = { glue: new Blob([RUNTIME.glue], { type: "text/javascript" }), wasm: blobOfBase64(RUNTIME.wasm, "application/wasm") };
        engine.models = model.ends.map(end => blobOfBase64(end.onnx, "application/octet-stream"));
        for (const end of model.ends) end.onnx = "";
        RUNTIME.wasm = RUNTIME.library = "";
        const processors = navigator.hardwareConcurrency ?? 1; // of many, one is left to the rest of the machine
        engine.threads = self.crossOriginIsolated ? Math.min(processors > 2 ? processors - 1 : processors, 12) : 1;
        engine.alpha = 0;
        engine.shape = { tile: model.tile, overlap: model.overlap, multiple: model.multiple, alignment: model.alignment };
        return engine;
    }

    // Ready to run with this share of the second model.
    async ready(alpha = this.alpha) {
        if (!this.opening) {
            this.alpha = alpha;
            this.opening = this.open();
        }
        await this.opening;
        if (alpha === this.alpha) return;
        await this.ask("blend", { alpha });
        this.alpha = alpha;
    }

    async open() {
        try {
            await this.start();
        } catch (error) {
            if (this.gpu === "no") throw error;
            this.stop();
            this.gpu = "no";
            await this.start();
        }
    }

    async start() {
        const { runtime, models, threads, gpu, alpha, model } = this;
        const edge = Math.min(Math.max(Math.sqrt(3e9 / model.multiplyAdds), 16), 128);
        this.worker = new Worker(URL.createObjectURL(this.script));
        this.waiting = new Map();
        this.next = 0;
        this.worker.onmessage = ({ data }) => {
            const { resolve, reject } = this.waiting.get(data.id);
            this.waiting.delete(data.id);
            if (data.error) reject(new Error(data.error));
            else resolve(data.answer);
        };
        this.worker.onerror = event => this.fail(new Error(event.message || "the worker ended"));
        const timer = gpu === "no" ? 0 : setTimeout(() => this.fail(new Error("WebGPU does not answer")), GPU_PATIENCE[gpu] * 1000);
        const { executor } = await this.ask("open", {
            runtime, models, threads, gpu, alpha, scale: model.scale, edge: roundUp(edge, model.multiple),
        }).finally(() => clearTimeout(timer));
        this.executor = executor;
    }

    fail(error) {
        for (const { reject } of this.waiting.values()) reject(error);
        this.waiting.clear();
    }

    ask(task, job, transfer = []) {
        return new Promise((resolve, reject) => {
            const id = this.next++;
            this.waiting.set(id, { resolve, reject });
            this.worker.postMessage({ id, task, ...job }, transfer);
        });
    }

    // Ends what runs; the next ready() begins anew.
    stop() {
        this.fail(new Error("stopped"));
        this.worker?.terminate();
        this.opening = null;
    }

    // The enlarged inner part of a tile (tiles.js), RGBA.
    async run(source, tile) {
        const { pixels, width, height } = cutTile(source, tile), { x, y } = tile;
        const inner = { left: x.inner - x.outer, top: y.inner - y.outer, right: x.innerEnd - x.outer, bottom: y.innerEnd - y.outer };
        return this.ask("tile", { pixels, width, height, inner, transparent: source.transparent }, [pixels.buffer]);
    }

    // After a failure: the processor instead of WebGPU, then smaller tiles. False where neither is left.
    retreat() {
        this.stop();
        if (this.executor === "webgpu") this.gpu = "no";
        else if (this.shape.tile > Math.max(32, this.shape.alignment)) this.shape.tile = roundUp(this.shape.tile / 2, this.shape.alignment);
        else return false;
        return true;
    }

    describe() {
        if (this.executor === "webgpu") return "this machine’s graphics card (WebGPU)";
        return this.threads > 1 ? `${this.threads} threads of this machine’s processor` : "one thread of this machine’s processor";
    }
}

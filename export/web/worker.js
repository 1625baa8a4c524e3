// Runs in the worker, after onnxruntime-web and onnx_weights.js: opens models, mixes them, enlarges tiles. It is asked by
// messages {id, task, ...} and answers each with {id, answer} or {id, error}, one after the other.
"use strict";

const CHECK_LIMIT = 0.02; // of the range 0..1, between WebGPU and WebAssembly
let scale, models, session, executor;

// Threads sleep while they wait, so that the machine stays usable.
async function createSession(bytes, provider) {
    const extra = { session: { intra_op: { allow_spinning: "0" } } };
    return ort.InferenceSession.create(bytes, { executionProviders: [provider], logSeverityLevel: 3, extra });
}

async function unpack(blob) {
    return new Response(blob.stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
}

async function runNetwork(network, values, width, height) {
    const input = new ort.Tensor("float32", values, [1, 3, height, width]);
    const outputs = await network.run({ [network.inputNames[0]]: input });
    const output = outputs[network.outputNames[0]], found = await output.getData();
    output.dispose();
    return found;
}

// Two runs of a small pattern: what came out, and the seconds of the second.
async function tryOut(network, edge) {
    const pattern = Float32Array.from({ length: 3 * edge * edge }, (_, i) => 0.5 + 0.4 * Math.sin(i * i / 97));
    await runNetwork(network, pattern.slice(), edge, edge);
    const began = performance.now(), values = await runNetwork(network, pattern, edge, edge);
    return { values, seconds: (performance.now() - began) / 1000 };
}

// WebGPU's session if it computes the same as WebAssembly, and not slower. Else null.
async function openOnGpu(bytes, edge, patient) {
    const gpu = await createSession(bytes, "webgpu"), cpu = await createSession(bytes, "wasm");
    const ours = await tryOut(gpu, edge), plain = await tryOut(cpu, edge);
    const good = ours.values.every((value, i) => Math.abs(value - plain.values[i]) <= CHECK_LIMIT);
    await cpu.release();
    if (good && (patient || ours.seconds <= plain.seconds)) return gpu;
    await gpu.release();
    return null;
}

const tasks = {
    // {runtime: {glue, wasm} as Blobs, models as Blobs, scale, threads, gpu: "no", "try" or "take", edge, alpha}
    async open(job) {
        ort.env.wasm.wasmBinary = await unpack(job.runtime.wasm);
        ort.env.wasm.wasmPaths = { mjs: URL.createObjectURL(job.runtime.glue) };
        ort.env.wasm.numThreads = job.threads;
        ort.env.logLevel = "error";
        scale = job.scale;
        models = await Promise.all(job.models.map(async blob => new Uint8Array(await blob.arrayBuffer())));
        const bytes = mixed(job.alpha);
        session = job.gpu === "no" ? null : await openOnGpu(bytes, job.edge, job.gpu === "take");
        executor = session ? "webgpu" : "wasm";
        session ??= await createSession(bytes, "wasm");
        return { answer: { executor } };
    },

    async blend({ alpha }) {
        const old = session;
        session = await createSession(mixed(alpha), executor);
        await old.release();
        return { answer: {} };
    },

    // {pixels, width, height} in RGBA; inner: the part {left, top, right, bottom} of it that is wanted, enlarged.
    async tile({ pixels, width, height, inner, transparent }) {
        const w = (inner.right - inner.left) * scale, h = (inner.bottom - inner.top) * scale;
        const answer = new Uint8ClampedArray(w * h * 4).fill(255);
        const size = { width: width * scale, height: height * scale, left: inner.left * scale, top: inner.top * scale, w, h };
        const { lowest, highest } = transparent ? alphaRange(pixels) : { lowest: 255, highest: 255 };
        if (highest > 0) store(await runNetwork(session, planes(pixels, [0, 1, 2]), width, height), answer, size, [0, 1, 2]);
        if (lowest === highest) for (let i = 3; i < answer.length; i += 4) answer[i] = lowest;
        else store(await runNetwork(session, planes(pixels, [3, 3, 3]), width, height), answer, size, [3]);
        return { answer, transfer: [answer.buffer] };
    },
};

function mixed(alpha) {
    return models.length === 1 || alpha === 0 ? models[0] : alpha === 1 ? models[1] : blendWeights(models[0], models[1], alpha);
}

function alphaRange(pixels) {
    let lowest = 255, highest = 0;
    for (let i = 3; i < pixels.length; i += 4) {
        lowest = Math.min(lowest, pixels[i]);
        highest = Math.max(highest, pixels[i]);
    }
    return { lowest, highest };
}

// Bytes RGBA -> three planes of 0..1, those of the given channels.
function planes(pixels, channels) {
    const count = pixels.length / 4, values = new Float32Array(3 * count);
    channels.forEach((channel, c) => {
        for (let i = 0; i < count; i++) values[c * count + i] = pixels[4 * i + channel] / 255;
    });
    return values;
}

// Planes of 0..1 -> the given channels of bytes RGBA, cut to the inner part. One channel from three planes is their mean.
function store(values, answer, { width, height, left, top, w, h }, channels) {
    const plane = width * height;
    if (values.length !== 3 * plane) throw new Error("the model's output has another size than it should");
    for (let y = 0; y < h; y++)
        for (let x = 0; x < w; x++) {
            const from = (top + y) * width + left + x, to = 4 * (y * w + x);
            const r = values[from], g = values[from + plane], b = values[from + 2 * plane];
            if (Number.isNaN(r + g + b)) throw new Error("the model's output has pixels that are no numbers");
            if (channels.length === 1) {
                answer[to + channels[0]] = (r + g + b) / 3 * 255;
            } else {
                answer[to] = r * 255;
                answer[to + 1] = g * 255;
                answer[to + 2] = b * 255;
            }
        }
}

let turn = Promise.resolve();
addEventListener("message", ({ data: { id, task, ...job } }) => {
    turn = turn.then(() => tasks[task](job)).then(
        ({ answer, transfer }) => postMessage({ id, answer }, transfer ?? []),
        error => postMessage({ id, error: String(error?.message ?? error) }));
});

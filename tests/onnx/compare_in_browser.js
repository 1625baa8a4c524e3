// compare_in_browser.js CHROMIUM PROFILE RUNTIME FOLDER NAME...: runs FOLDER/NAME/network.onnx in onnxruntime-web (WebAssembly; its
// files lie in the folder RUNTIME) inside headless Chromium, on every FOLDER/NAME/NxHxW.input.f32. Prints "NAME NxHxW DIFFERENCE"
// for each: the largest absolute difference from the .output.f32 beside it. The same of network.half.onnx, as "NAME/half", if it is there.
"use strict";
const fs = require("node:fs"), http = require("node:http"), path = require("node:path");
const { Chromium } = require("../e2e/chromium.js");

const PAGE = `<!doctype html><meta charset="utf-8"><script src="/runtime/ort.wasm.min.js"></script><script>
ort.env.wasm.wasmPaths = "/runtime/";
ort.env.logLevel = "error";
const bytes = async file => (await fetch("/cases/" + file)).arrayBuffer();
async function open(file) {
    globalThis.network = await ort.InferenceSession.create(new Uint8Array(await bytes(file)), { executionProviders: ["wasm"] });
}
async function difference(base, n, h, w) {
    const values = new Float32Array(await bytes(base + ".input.f32")), wanted = new Float32Array(await bytes(base + ".output.f32"));
    const { output } = await network.run({ input: new ort.Tensor("float32", values, [n, values.length / (n * h * w), h, w]) });
    if (output.data.length !== wanted.length) return "Infinity";
    return String(output.data.reduce((most, value, i) => {
        const by = Math.abs(value - wanted[i]);
        return by <= most ? most : Number.isNaN(by) ? Infinity : by;
    }, 0));
}
</script>`;

const TYPES = { ".js": "text/javascript", ".mjs": "text/javascript", ".wasm": "application/wasm" };

function serve(folders) {
    const server = http.createServer((request, answer) => {
        const [, room, ...rest] = decodeURIComponent(request.url).split("/");
        if (!room) return answer.setHeader("Content-Type", "text/html").end(PAGE);
        fs.readFile(path.join(folders[room] ?? "/nowhere", ...rest), (error, data) => {
            answer.setHeader("Content-Type", TYPES[path.extname(request.url)] ?? "application/octet-stream");
            error ? answer.writeHead(404).end() : answer.end(data);
        });
    });
    return new Promise(resolve => server.listen(0, "127.0.0.1", () => resolve(server)));
}

async function compare(browser, folder, name, file, title) {
    if (!fs.existsSync(path.join(folder, name, file))) return;
    await browser.evaluate(`open(${JSON.stringify(`${name}/${file}`)})`);
    for (const input of fs.readdirSync(path.join(folder, name)).filter(entry => entry.endsWith(".input.f32")).sort()) {
        const size = input.replace(".input.f32", "");
        const by = await browser.evaluate(`difference(${JSON.stringify(`${name}/${size}`)}, ${size.split("x").join(", ")})`);
        console.log(title, size, Number(by).toExponential(3));
    }
}

async function main([command, profile, runtime, folder, ...names]) {
    const server = await serve({ runtime, cases: folder });
    const browser = new Chromium(command, profile);
    try {
        await browser.begin();
        await browser.open(`http://127.0.0.1:${server.address().port}/`);
        for (const name of names) {
            await compare(browser, folder, name, "network.onnx", name);
            await compare(browser, folder, name, "network.half.onnx", `${name}/half`);
        }
    } finally {
        browser.end();
        server.close();
    }
}

main(process.argv.slice(2)).catch(error => {
    console.error(`compare_in_browser.js: ${error.message}`);
    process.exit(1);
});

// Uses a page of `unmush export --format=web` in headless Chromium as a visitor does.
//   node web_page.js CHROMIUM WORK PAGE HOW [CHECK...]
// WORK has picture.png, cut.png (with transparency), broken.png, what unmush makes of them below expected/, and takes the
// browser's profile. HOW the page is opened: file, server, isolated (with the headers that allow threads).
// Prints "ok" or "not ok" and a sentence for each check.
"use strict";
const fs = require("node:fs"), path = require("node:path");
const { pathToFileURL } = require("node:url");
const { Chromium } = require("./chromium.js");
const { StaticServer } = require("./static_server.js");
const { readPng } = require("./png.js");
const { poorContrast, unusable } = require("./page_checks.js");

const [, , command, work, folder, how, ...wanted] = process.argv;
const gpu = wanted.includes("webgpu") ? ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader", "--enable-features=Vulkan"] : [];
const page = new Chromium(command, fs.mkdtempSync(path.join(work, "profile-")), gpu);
const server = how === "file" ? null : new StaticServer(fs.realpathSync(folder), how === "isolated");
const downloads = fs.mkdtempSync(path.join(work, "downloads-"));
const complaints = [], requests = [];

// What a browser without a graphics card says by itself, and of the pixels that are read here.
const usual = text => /No available adapters|powerPreference option is currently ignored|readback operations using getImageData/.test(text);
page.listen((method, params) => {
    if (method === "Runtime.exceptionThrown") complaints.push(params.exceptionDetails.exception?.description ?? params.exceptionDetails.text);
    if (method === "Log.entryAdded" && params.entry.level !== "verbose" && !usual(params.entry.text)) complaints.push(params.entry.text);
    if (method === "Runtime.consoleAPICalled" && !usual(String(params.args[0]?.value))) complaints.push(`console.${params.type} ${params.args[0]?.value}`);
    if (method === "Network.requestWillBeSent" && !/^(data|blob):/.test(params.request.url)) requests.push(params.request.url);
});

function check(sentence, holds, found = "") {
    console.log(`${holds ? "ok" : "not ok"} ${sentence}${holds ? "" : `: ${found}`}`);
}

const name = file => path.join(work, file);
const state = () => page.evaluate("document.documentElement.dataset.state");
const text = selector => page.evaluate(`document.querySelector("${selector}").textContent`);

async function until(condition, what) {
    const began = Date.now();
    while (!await page.evaluate(condition).catch(() => false)) { // where the page is just being replaced by another
        if (Date.now() - began > 60000) throw new Error(`${what ?? condition} does not come (${await state()}: ${await text("#alert")})`);
        await new Promise(resolve => setTimeout(resolve, 20));
    }
}

const untilState = wish => until(`document.documentElement.dataset.state === "${wish}"`, `the state ${wish}`);

async function open(hash = "") {
    await page.open("about:blank");
    await page.open(`${server ? await server.address : pathToFileURL(path.resolve(folder)).href}/index.html${hash}`);
    await until(`!["loading", undefined].includes(document.documentElement.dataset.state)`, "the end of loading");
}

async function enlarge(file) {
    await page.evaluate(`document.documentElement.dataset.state = "asked"`);
    await page.chooseFile("#file", name(file));
    await untilState("done");
}

// The result's bytes, as the page holds them.
async function result() {
    const { width, height, bytes } = await page.evaluate(`({ width: app.result.width, height: app.result.height,
        bytes: btoa(Array.from({ length: Math.ceil(app.result.pixels.length / 8192) }, (_, i) => String.fromCharCode(...app.result.pixels.subarray(8192 * i, 8192 * (i + 1)))).join("")) })`);
    return { width, height, channels: 4, pixels: Buffer.from(bytes, "base64") };
}

// The share of pixels that differ by more than a level, seen on black and on white; 1 where the sizes differ.
function different(a, b, levels = 1) {
    if (a.width !== b.width || a.height !== b.height) return 1;
    const count = a.width * a.height, pixel = (picture, i) => {
        const at = picture.pixels.subarray(i * picture.channels, (i + 1) * picture.channels), alpha = picture.channels === 4 ? at[3] / 255 : 1;
        return [at[0] * alpha, at[1] * alpha, at[2] * alpha, 255 * alpha, 255 - (255 - at[0]) * alpha];
    };
    let wrong = 0;
    for (let i = 0; i < count; i++) {
        const [p, q] = [pixel(a, i), pixel(b, i)];
        if (p.some((value, c) => Math.abs(value - q[c]) > levels + 0.5)) wrong++;
    }
    return wrong / count;
}

const expected = file => readPng(fs.readFileSync(name(`expected/${file}`)));

async function checkResult(sentence, file, found) {
    const share = different(found ?? await result(), expected(file));
    check(`${sentence} (${(100 * share).toFixed(3)} % of the pixels are off by more than a level)`, share <= 0.001);
}

// Presses the button with a key and waits for the file.
async function saveAs(format) {
    await page.evaluate(`document.querySelector("#format").value = "${format}"; document.querySelector("#format").dispatchEvent(new Event("change"));
        document.querySelector("#save-button").focus()`);
    for (const file of fs.readdirSync(downloads)) fs.unlinkSync(path.join(downloads, file));
    const began = Date.now();
    await page.key("Enter");
    for (;;) {
        const file = fs.readdirSync(downloads).find(entry => !entry.endsWith(".crdownload"));
        if (file) return { file, bytes: fs.readFileSync(path.join(downloads, file)) };
        if (Date.now() - began > 20000) throw new Error(`no ${format} comes: ${await text("#save-words")}`);
        await new Promise(resolve => setTimeout(resolve, 50));
    }
}

const checks = {
    async picture() {
        await enlarge("picture.png");
        await checkResult("a picture becomes what unmush upscale makes of it", "picture.png");
        const seconds = await page.evaluate("app.seconds"), threads = await page.evaluate("app.engine.threads");
        console.log(`# ${(seconds / (160 * 120 * 16 / 1e6)).toFixed(2)} s per megapixel of result, ${await page.evaluate("app.engine.describe()")}`);
        check("threads are used where the browser allows them", (how !== "file") === (threads > 1), `${threads}`);
    },

    async quiet() {
        // What the browser asked for before it was ready is in the lists; from here on nothing may come.
        await open();
        const [asked, served] = [requests.length, server?.requests.length];
        await enlarge("picture.png");
        await saveAs("image/png");
        await saveAs("image/jpeg");
        if (await page.evaluate("MODEL.ends.length > 1")) await page.evaluate(`document.querySelector("#alpha").value = 40;
            document.querySelector("#alpha").dispatchEvent(new Event("input")); document.querySelector("#apply").click()`).then(() => untilState("done"));
        if (server) await new Promise(resolve => setTimeout(resolve, 1500)); // browsers look for newer service workers late
        check("nothing is requested after the page has loaded", requests.length === asked, requests.slice(asked).join(" "));
        if (server) check("the server hears nothing more of it", server.requests.length === served, server.requests.slice(served).join(" "));
        if (server) check("no service worker is left behind", await page.evaluate("navigator.serviceWorker.getRegistrations().then(all => all.length === 0)"));
        const refused = await page.evaluate(`fetch("${server ? await server.address : "http://localhost:9"}/x").then(() => "sent", () => "refused")`);
        check("the page could not send anything if it wanted to", refused === "refused" && (!server || !server.requests.includes("/x")), refused);
        complaints.splice(0, complaints.length, ...complaints.filter(complaint => !/Content Security Policy|violates/.test(complaint)));
    },

    async saved() {
        await enlarge("picture.png");
        const png = await saveAs("image/png");
        check("PNG is saved under a name that says what it is", png.file === "picture-x4.png", png.file);
        await checkResult("the saved PNG is exact", "picture.png", readPng(png.bytes));
        for (const [type, extension, mark] of [["image/jpeg", "jpg", "ffd8ff"], ["image/webp", "webp", "52494646"]]) {
            const { file, bytes } = await saveAs(type);
            const difference = await page.evaluate(`(async () => {
                const bitmap = await createImageBitmap(new Blob([Uint8Array.from(atob("${bytes.toString("base64")}"), c => c.charCodeAt(0))]));
                const canvas = new OffscreenCanvas(bitmap.width, bitmap.height), context = canvas.getContext("2d");
                context.drawImage(bitmap, 0, 0);
                const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height), { pixels } = app.result;
                return data.length === pixels.length ? data.reduce((sum, value, i) => sum + Math.abs(value - pixels[i]), 0) / data.length : 255;
            })()`);
            check(`${extension} is saved and shows the same picture`, file === `picture-x4.${extension}` && bytes.toString("hex", 0, mark.length / 2) === mark && difference < 12,
                `${file}, mean difference ${difference}`);
        }
    },

    async transparency() {
        await enlarge("cut.png");
        const found = await result(), made = expected("cut.png"), share = (here, channel) => {
            let wrong = 0, count = 0;
            for (let y = 0; y < found.height; y++)
                for (let x = 0; x < found.width; x++) {
                    if (!here(x / 4 - 36, y / 4 - 28)) continue;
                    count++;
                    if (Math.abs(found.pixels[4 * (y * found.width + x) + channel] - made.pixels[4 * (y * found.width + x) + channel]) > 1) wrong++;
                }
            return wrong / count;
        };
        check("transparency is enlarged as unmush upscale does", found.width === made.width && share(() => true, 3) <= 0.001, `${share(() => true, 3)}`);
        check("so are the colours where all is opaque", share((x, y) => Math.hypot(x, y) < 9, 1) <= 0.001, `${share((x, y) => Math.hypot(x, y) < 9, 1)}`);
        const dark = await page.evaluate(`(() => { const { pixels, width } = app.source; return pixels[4 * (28 * width + 62) + 1]; })()`);
        check("what cannot be seen takes its colour from beside it", dark > 60, dark);
        const { bytes } = await saveAs("image/png");
        check("it is in the saved PNG to the bit", readPng(bytes).pixels.equals(found.pixels));
    },

    async tiles() {
        await enlarge("picture.png");
        const whole = await result(), count = await page.evaluate("planTiles(160, 120, app.engine.shape).length");
        await page.evaluate("app.engine.shape.tile = 32");
        await enlarge("picture.png");
        const parts = await page.evaluate("planTiles(160, 120, app.engine.shape).length"), share = different(await result(), whole, 0);
        check(`${parts} tiles make the same as ${count}`, parts > 8 && count === 1 && share === 0, `${share}`);
    },

    async broken() {
        await page.evaluate(`document.documentElement.dataset.state = "asked"`);
        await page.chooseFile("#file", name("broken.png"));
        await until(`!document.querySelector("#alert").hidden`, "a word about the broken file");
        const said = await text("#alert");
        check("a broken file is named in one line", /^broken\.png cannot be opened/.test(said) && !said.includes("\n"), said);
        check("that is told to screen readers", await page.evaluate(`document.querySelector("#alert").getAttribute("role") === "alert"`));
        await page.evaluate("mostBefore = mostPixels; mostPixels = () => 1e5");
        await page.chooseFile("#file", name("picture.png"));
        await until(`document.querySelector("#alert").textContent.includes("becomes") || document.querySelector("#alert").textContent.includes("would become")`);
        const large = await text("#alert");
        check("one that is too large is told its size and what is possible", /640 × 480 pixels.*megapixels/.test(large), large);
        await page.evaluate("mostPixels = mostBefore");
        await enlarge("picture.png");
        check("the next picture works, and the words go", await page.evaluate(`document.querySelector("#alert").hidden`));
    },

    async cancel() {
        await page.evaluate("app.engine.shape.tile = 16");
        await page.chooseFile("#file", name("picture.png"));
        await until(`document.querySelector("#bar").value > 0 || document.documentElement.dataset.state === "done"`);
        await page.evaluate(`document.querySelector("#cancel").focus()`);
        await page.key("Enter");
        check("cancelling ends it", await state() === "cancelled", await state());
        check("what is not whole cannot be saved", await page.evaluate(`document.querySelector("#save-button").disabled`));
        check("the keyboard is where it can begin again", await page.evaluate(`document.activeElement.id === "again"`));
        await page.key("Enter");
        await untilState("done");
        await checkResult("begun again, it is as if nothing had been", "picture.png");
    },

    async failure() {
        await page.evaluate(`enginesRun = Engine.prototype.run; failures = 0;
            Engine.prototype.run = function (source, tile) { return this.shape.tile > 64 ? (failures++, Promise.reject(new Error("no memory"))) : enginesRun.call(this, source, tile); }; app.engine.shape.tile = 256`);
        await enlarge("picture.png");
        check("where a tile finds no memory, smaller ones are taken", await page.evaluate("failures === 2 && app.engine.shape.tile === 64"), await page.evaluate("failures"));
        await checkResult("and the picture is the same", "picture.png");
        await page.evaluate("Engine.prototype.run = enginesRun");
    },

    async dropped() {
        const bytes = fs.readFileSync(name("picture.png")).toString("base64");
        const give = (kind, make) => page.evaluate(`(() => {
            const data = new DataTransfer();
            data.items.add(new File([Uint8Array.from(atob("${bytes}"), c => c.charCodeAt(0))], "${kind}.png", { type: "image/png" }));
            document.documentElement.dataset.state = "asked";
            document.body.dispatchEvent(${make});
        })()`);
        for (const [kind, make] of [["drop", `new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true })`],
            ["paste", `new ClipboardEvent("paste", { clipboardData: data, bubbles: true })`]]) {
            await give(kind, make);
            await untilState("done");
            check(`${kind} takes a picture`, await text("#name") === `${kind}.png` && different(await result(), expected("picture.png")) <= 0.001, await text("#name"));
        }
    },

    async keyboard() {
        await enlarge("picture.png");
        const at = "getComputedStyle(document.querySelector('.sheet')).getPropertyValue('--at')";
        const [line, place] = [await page.evaluate(at), await page.evaluate("[app.loupe.x, app.loupe.y]")];
        await page.evaluate("document.querySelector('#divide').focus()");
        await page.key("ArrowRight");
        check("an arrow key moves the line between before and after", parseFloat(await page.evaluate(at)) > parseFloat(line), await page.evaluate(at));
        check("its place is told in words", /% before/.test(await page.evaluate("document.querySelector('#divide').getAttribute('aria-valuetext')")));
        const lens = "document.querySelector('#lens-after').getContext('2d').getImageData(0, 0, 40, 40).data.join()", before = await page.evaluate(lens);
        await page.evaluate("document.querySelector('.lens').focus()");
        await page.key("ArrowLeft");
        await page.key("ArrowUp");
        const moved = await page.evaluate("[app.loupe.x, app.loupe.y]");
        check("arrow keys move the loupe, both panes", moved[0] < place[0] && moved[1] < place[1] && await page.evaluate(lens) !== before, moved.join());
        const zoom = await page.evaluate("[...document.querySelectorAll('.lens canvas')].map(canvas => canvas.getBoundingClientRect().width / canvas.width)");
        check("its panes show 4 pixels for one of the result", zoom.every(value => value === 4), zoom.join());
        const reach = await reachable();
        check("all that can be used is reached by Tab, and what has the focus shows it", reach.missing.length === 0 && reach.unseen.length === 0, JSON.stringify(reach));
    },

    async pointer() {
        await enlarge("picture.png");
        const box = await page.evaluate("(() => { const { left, top, width, height } = document.querySelector('.sheet').getBoundingClientRect(); return { left, top, width, height }; })()");
        const point = (x, y) => [box.left + x * box.width, box.top + y * box.height], at = "parseFloat(document.querySelector('.sheet').style.getPropertyValue('--at'))";
        const y = Math.min(0.5, 300 / box.height);
        await page.mouse("mousePressed", ...point(0.5, y));
        await page.send("Input.dispatchMouseEvent", { type: "mouseMoved", x: point(0.8, y)[0], y: point(0.8, y)[1], button: "left", buttons: 1 });
        await page.mouse("mouseReleased", ...point(0.8, y));
        check("the mouse drags the line", Math.abs(await page.evaluate(at) - 80) < 2, await page.evaluate(at));
        await page.mouse("mousePressed", ...point(0.25, y));
        await page.mouse("mouseReleased", ...point(0.25, y));
        const [x, share] = await page.evaluate(`[app.loupe.x / app.result.width, ${at}]`);
        check("a click sends the loupe there and leaves the line", Math.abs(x - 0.25) < 0.05 && Math.abs(share - 80) < 2, `${x}, ${share}`);
    },

    async touch() {
        await page.resize(390, 844, true);
        await open();
        await enlarge("picture.png");
        await page.evaluate("document.querySelector('.sheet').scrollIntoView({ block: 'center' })");
        const box = await page.evaluate("(() => { const { left, top, width, height } = document.querySelector('.sheet').getBoundingClientRect(); return { left, top, width, height }; })()");
        const y = box.top + box.height / 2, at = "parseFloat(document.querySelector('.sheet').style.getPropertyValue('--at'))";
        await page.touch("touchStart", box.left + box.width / 2, y);
        for (const x of [0.45, 0.4, 0.35, 0.3]) await page.touch("touchMove", box.left + x * box.width, y);
        await page.touch("touchEnd");
        check("a finger drags the line", Math.abs(await page.evaluate(at) - 30) < 8, await page.evaluate(at));
        await page.resize(1280, 900, false);
    },

    async dial() {
        if (await page.evaluate("MODEL.ends.length < 2")) return check("there is no dial with one model", await page.evaluate("document.querySelector('#dial').hidden"));
        await page.evaluate("document.querySelector('#alpha').value = 0");
        await enlarge("picture.png");
        const crisp = await result(), lens = "document.querySelector('#lens-after').getContext('2d').getImageData(0, 0, 60, 60).data.join()", before = await page.evaluate(lens);
        await page.evaluate("document.querySelector('#alpha').focus()");
        for (let i = 0; i < 10; i++) await page.key("ArrowRight");
        check("arrow keys turn the dial", await text("#dial-percent") === "50 %", await text("#dial-percent"));
        await until(`${lens} !== ${JSON.stringify(before)}`, "the loupe's look at the new setting");
        await until("!app.wish", "the end of it");
        const seen = await page.evaluate(lens);
        await page.evaluate("document.documentElement.dataset.state = 'asked'; document.querySelector('#apply').focus()");
        await page.key("Enter");
        await untilState("done");
        const share = different(await result(), expected("half.png")), apart = different(crisp, expected("half.png"));
        check(`half way it is what unmush blend --alpha=0.5 makes (${(100 * share).toFixed(3)} % off; from the one end ${(100 * apart).toFixed(1)} %)`, share <= 0.001 && apart > 0.2);
        check("the loupe had shown just that", await page.evaluate(lens) === seen);
        await page.evaluate("document.querySelector('#alpha').focus()");
        await page.key("End");
        await until("!document.querySelector('#apply').hidden");
        await page.evaluate("document.documentElement.dataset.state = 'asked'; document.querySelector('#apply').click()");
        await untilState("done");
        await checkResult("at its end it is the other model", "second.png");
    },

    async looks() {
        for (const [width, height, scheme] of [[1280, 900, "light"], [390, 844, "dark"]]) {
            await page.resize(width, height, width < 800);
            await page.theme(scheme);
            await open();
            await checkLook(`${width}, ${scheme}, empty`);
            await enlarge("picture.png");
            await page.evaluate("document.querySelector('details').open = true");
            await checkLook(`${width}, ${scheme}, done`);
        }
        check("the page is dark where that is wished", await page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).every(level => level < 64)"));
        await page.resize(1280, 900, false);
        await page.theme("light");
    },

    async webgpu() {
        if (!await page.evaluate("navigator.gpu?.requestAdapter().then(Boolean)")) return console.log("skip WebGPU (no adapter here)");
        check("a graphics card that is none is left alone", await page.evaluate("app.engine.executor") === "wasm");
        await open("#webgpu");
        check("WebGPU computes where it is asked for", await page.evaluate("app.engine.executor") === "webgpu", await text("#alert"));
        await enlarge("picture.png");
        await checkResult("WebGPU gives the same picture", "picture.png");
        await page.evaluate(`enginesRun = Engine.prototype.run;
            Engine.prototype.run = function (...job) { return this.executor === "webgpu" ? Promise.reject(new Error("device lost")) : enginesRun.apply(this, job); }`);
        await enlarge("picture.png");
        check("where it fails, the processor goes on", await page.evaluate("app.engine.executor") === "wasm");
        await checkResult("with the same picture", "picture.png");
    },
};

async function checkLook(where) {
    const [wide, room] = await page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]");
    check(`${where}: the page does not scroll sideways`, wide <= room, `${wide} > ${room}`);
    const poor = await page.evaluate(poorContrast), found = await page.evaluate(unusable);
    check(`${where}: all text stands out`, poor.length === 0, poor.slice(0, 5).join("; "));
    check(`${where}: what can be used has a name, and no id stands twice`, found.unnamed === 0 && found.ids === 0, JSON.stringify(found));
}

// Walks by Tab through the whole page.
async function reachable() {
    await page.evaluate("document.activeElement.blur(); seen = new Set(); unseen = []; undefined");
    for (let i = 0; i < 40; i++) {
        await page.key("Tab");
        const end = await page.evaluate(`(() => {
            const node = document.activeElement, ring = node.id === "divide" ? document.querySelector(".knob") : node;
            if (node === document.body) return false;
            if (seen.has(node)) return true;
            seen.add(node);
            if (getComputedStyle(ring).outlineStyle === "none") unseen.push(node.id || node.tagName);
        })()`);
        if (end) break;
    }
    return page.evaluate(`({ unseen, missing: [...document.querySelectorAll("button, select, input:not([type=file]), summary, .lens")]
        .filter(node => node.checkVisibility() && !node.disabled && !seen.has(node)).map(node => node.id || node.className || node.tagName) })`);
}

async function run() {
    if (server) server.address = server.begin();
    await page.begin();
    await page.watchWorkers();
    await page.send("Page.setDownloadBehavior", { behavior: "allow", downloadPath: downloads });
    await page.resize(1280, 900, false);
    for (const one of wanted) {
        await open();
        await checks[one]();
    }
    check("the console is silent", complaints.length === 0, complaints.join("; ").slice(0, 500));
}

run().catch(error => check("the browser answers", false, error.message)).finally(() => {
    page.end();
    server?.end();
});

// Opens a report in headless Chromium and uses it as a reader does.
//   node report_page.js CHROMIUM PROFILE_FOLDER INDEX_HTML
// Prints "ok" or "not ok" and a sentence for each check.
"use strict";
const { pathToFileURL } = require("node:url");
const { Chromium } = require("./chromium.js");
const { poorContrast, unusable } = require("./page_checks.js");

const [, , command, folder, file] = process.argv;
const page = new Chromium(command, folder);
const complaints = [], requests = [];

page.listen((method, params) => {
    if (method === "Runtime.exceptionThrown") complaints.push(params.exceptionDetails.text);
    if (method === "Log.entryAdded" && params.entry.level !== "verbose") complaints.push(params.entry.text);
    if (method === "Runtime.consoleAPICalled") complaints.push(`console.${params.type}`);
    if (method === "Network.requestWillBeSent" && !params.request.url.startsWith("data:")) requests.push(params.request.url);
});

function check(sentence, holds, found = "") {
    console.log(`${holds ? "ok" : "not ok"} ${sentence}${holds ? "" : `: ${found}`}`);
}

// Runs in the page.
const HELPERS = `
    $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
    box = node => { const { left, top, right, bottom, width, height } = node.getBoundingClientRect(); return { left, top, right, bottom, width, height }; };
    overlap = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1;
    settled = () => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
    see = selector => { document.querySelector(selector).scrollIntoView({ block: "center" }); return settled(); };
    panes = () => $$(".set:not([hidden]) .lens img").map(image => image.style.transform);
    steps = () => $$("#dial img").filter(image => image.checkVisibility()).map(image => image.src.length + image.src.slice(-40)).join();
    undefined;`;

const open = async (width, height, scheme) => {
    await page.resize(width, height, width < 800);
    await page.theme(scheme);
    await page.open(pathToFileURL(file).href);
    await page.evaluate(HELPERS);
    await page.evaluate("Promise.all($$('img[src]').map(image => image.decode().catch(() => {}))).then(() => settled())");
};

async function checkPlane(width) {
    const plane = await page.evaluate(`(() => {
        const drawn = $$("#plane > g > circle:not(.ring, .step, .turned), #plane > g > rect, #plane > g > .mark").map(box);
        const labels = $$("#plane > g:not(.grid) > text").map(box), outer = box(document.querySelector("#plane"));
        return { marks: drawn.filter(mark => mark.width > 4 && mark.height > 4).length, labels: labels.length, front: $$("#plane .ring").length,
            methods: new Set($$(".sentences .name").map(name => name.textContent)).size,
            collisions: labels.flatMap((a, i) => labels.slice(i + 1).filter(b => overlap(a, b))).length,
            outside: labels.filter(label => label.left < outer.left || label.right > outer.right || label.top < outer.top).length };
    })()`);
    check(`at ${width}: the plane has a mark and a label for every method and the truth`,
        plane.methods > 1 && plane.marks === plane.methods + 1 && plane.labels === plane.methods + 1, JSON.stringify(plane));
    check(`at ${width}: labels cover neither one another nor the border`, plane.collisions === 0 && plane.outside === 0, JSON.stringify(plane));
    check(`at ${width}: the Pareto front is marked`, plane.front >= 1, JSON.stringify(plane));
}

async function checkWidth(width) {
    const [wide, room] = await page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]");
    check(`at ${width}: the page does not scroll sideways`, wide <= room, `${wide} > ${room}`);
}

async function checkLoupe(width) {
    await page.evaluate("see('.set:not([hidden])')");
    const before = await page.evaluate("panes()");
    const area = await page.evaluate("box(document.querySelector('.set:not([hidden]) .whole'))");
    const at = [area.left + area.width * 0.8, area.top + Math.min(area.height, 300) * 0.7];
    if (width < 800) {
        await page.touch("touchStart", ...at);
        await page.touch("touchEnd", ...at);
    } else {
        await page.mouse("mouseMoved", ...at);
    }
    await page.evaluate("settled()");
    const after = await page.evaluate("panes()");
    check(`at ${width}: the loupe moves with the ${width < 800 ? "finger" : "mouse"}`, after.length >= 3 && after[0] !== before[0], before[0]);
    check(`at ${width}: all its panes show the same place`, new Set(after).size === 1, after.join("; "));
    await page.evaluate("document.querySelector('.set:not([hidden]) .whole').focus()");
    await page.key("ArrowLeft");
    await page.key("ArrowUp");
    const [moved, frame] = await page.evaluate("[panes()[0], box(document.querySelector('.set:not([hidden]) .frame'))]");
    const shift = [moved, after[0]].map(text => text.match(/-?[\d.]+/g).map(Number));
    check(`at ${width}: arrow keys move it`, shift[0][0] > shift[1][0] && shift[0][1] > shift[1][1], `${after[0]} to ${moved}`);
    check(`at ${width}: its frame is seen on the picture`,
        frame.width > 4 && frame.left >= area.left - 1 && frame.right <= area.right + 1, JSON.stringify(frame));
}

async function checkLoupePixels() {
    const sizes = await page.evaluate(`$$(".set:not([hidden])").map(set =>
        $$(".lens img", set).map(image => [image.width / set.dataset.width, image.naturalWidth / set.dataset.width]))[0]`);
    check("the panes show 4 pixels for one of the truth", sizes.every(([drawn]) => drawn === 4), JSON.stringify(sizes));
    check("the input is there in its own pixels, the rest in the truth's",
        sizes[0][1] < 1 && sizes.slice(1).every(([, own]) => own === 1), JSON.stringify(sizes));
}

async function checkPicker() {
    const [options, changed] = await page.evaluate(`(() => {
        const picture = document.querySelector("#loupe-picture"), before = document.querySelector(".set:not([hidden]) .whole img").src;
        picture.value = picture.options.length - 1;
        picture.dispatchEvent(new Event("change"));
        const set = document.querySelector(".set:not([hidden])");
        return [picture.options.length, set.querySelector(".whole img").src !== before && $$(".set:not([hidden])").length === 1 && panes()[0] !== ""];
    })()`);
    check("another picture can be picked", options > 1 && changed, `${options} pictures`);
}

async function checkDial() {
    await page.evaluate("see('#alpha')");
    const look = "[steps(), ['cx', 'cy'].map(name => document.querySelector('#plane .turned').getAttribute(name)).join(), document.querySelector('.reading:not([hidden])').textContent]";
    const before = await page.evaluate(look);
    await page.evaluate("document.querySelector('#alpha').focus()");
    await page.key("ArrowRight");
    const after = await page.evaluate(look);
    check("the dial changes the pictures", before[0] !== after[0]);
    check("the dial moves its mark in the plane", before[1] !== after[1], `${before[1]} to ${after[1]}`);
    check("the dial changes the numbers", before[2] !== after[2], before[2]);
    await page.evaluate("see('#alpha-first')");
    await page.evaluate("document.querySelector('#alpha-first').focus()");
    await page.key("ArrowRight");
    const [last, both, preview] = await page.evaluate(`[${look}, $$(".alpha").map(dial => dial.value), document.querySelector(".previews img").src.length > 99]`);
    check("the first screen's dial turns the other one too", last[0] !== after[0] && both[0] === "2" && both[1] === "2" && preview, both.join());
}

async function checkSorting() {
    const column = `$$("#every tbody tr").map(row => parseFloat(row.children[2].firstChild.textContent)).filter(value => !isNaN(value))`;
    const button = "document.querySelector('#every thead th:nth-child(3) button')";
    await page.evaluate(`${button}.click()`);
    const falling = await page.evaluate(column);
    check("a heading sorts its table", falling.length > 1 && falling.every((value, i) => i === 0 || value <= falling[i - 1]), falling.join(" "));
    await page.evaluate(`${button}.focus()`);
    await page.key("Enter");
    const rising = await page.evaluate(column);
    check("its key sorts it the other way", rising.every((value, i) => i === 0 || value >= rising[i - 1]), rising.join(" "));
    const state = await page.evaluate(`${button}.parentElement.getAttribute("aria-sort")`);
    check("the order is told to screen readers", state === "ascending", state);
}

async function checkContrast(scheme) {
    const poor = await page.evaluate(poorContrast);
    check(`${scheme}: all text stands out`, poor.length === 0, poor.slice(0, 5).join("; "));
}

async function checkPictures() {
    const broken = await page.evaluate("$$('img[src]').filter(image => image.naturalWidth === 0).length");
    check("every picture decodes", broken === 0, `${broken} do not`);
    const found = await page.evaluate(unusable);
    check("what can be used has a name, and no id stands twice", found.unnamed === 0 && found.ids === 0, JSON.stringify(found));
}

async function checkContent() {
    const found = await page.evaluate(`({ places: $$(".place").length, crops: $$(".place img").length, curves: $$("#frequency .line path").length,
        bars: $$(".bar").filter(bar => box(bar).width > 1).length })`);
    check("worst places are shown, each with four crops", found.places >= 4 && found.crops === 4 * found.places, JSON.stringify(found));
    check("spectra and bars are drawn", found.curves >= 4 && found.bars >= 8, JSON.stringify(found));
}

async function run() {
    await page.begin();
    await open(1280, 900, "light");
    const [hasPlane, hasDial] = await page.evaluate("['#plane', '#alpha'].map(part => document.querySelector(part) !== null)");
    if (hasPlane) await checkPlane(1280);
    if (hasPlane) await checkContent();
    await checkPictures();
    await checkWidth(1280);
    await checkContrast("light");
    await checkLoupe(1280);
    await checkLoupePixels();
    await checkPicker();
    if (hasDial) await checkDial();
    await checkSorting();
    await open(390, 844, "dark");
    if (hasPlane) await checkPlane(390);
    await checkWidth(390);
    await checkLoupe(390);
    await checkContrast("dark");
    const dark = await page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).every(level => level < 64)");
    check("the page is dark where that is wished", dark);
    const { data } = await page.send("Page.printToPDF", { printBackground: true });
    check("it prints", data.length > 20000, `${data.length} bytes`);
    check("nothing is loaded but the page itself", requests.length === 2 && requests.every(url => url === pathToFileURL(file).href), requests.join(" "));
    check("the console is silent", complaints.length === 0, complaints.join("; "));
}

run().catch(error => check("the browser answers", false, error.message)).finally(() => page.end());

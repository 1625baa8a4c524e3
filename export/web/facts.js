// What the page says of itself and of its model.
"use strict";

function addFact(term, text) {
    const dt = document.createElement("dt"), dd = document.createElement("dd");
    dt.textContent = term;
    dd.textContent = text;
    document.querySelector("#facts").append(dt, dd);
}

function timesWord(scale) {
    return { 1: "without enlarging them", 2: "twice", 3: "three times", 4: "four times", 8: "eight times" }[scale] ?? `${scale} times`;
}

function showTitle(model) {
    const title = model.scale === 1 ? "Restore pictures" : `Enlarge pictures ${timesWord(model.scale)}`;
    document.querySelector("#title").textContent = document.title = title;
}

function showFacts(model, engine) {
    const count = model.parameters < 1e6 ? `${Math.round(model.parameters / 1e3)} thousand` : `${(model.parameters / 1e6).toFixed(1)} million`;
    for (const end of model.ends) {
        const measured = end.smoothing === undefined ? "" : ` Measured: smoothing ${end.smoothing.toFixed(2)}, hallucination ${end.hallucination.toFixed(2)}.`;
        addFact(model.ends.length > 1 ? (end === model.ends[0] ? "Crisp" : "Creative") : "Model",
            `${end.name}: ${model.title}, ${count} parameters, enlarges by ${model.scale}.${measured}`);
    }
    addFact("Privacy", "The page’s own rules (its Content-Security-Policy) forbid every connection. Save the folder, and it works on a plane.");
    addFact("Computed by", `ONNX Runtime Web ${engine.version}, ${engine.describe()}, in tiles of ${engine.shape.tile} pixels that overlap by ${model.overlap}` +
        (model.overlap < model.radius ? ` (of the ${model.radius} that the network can see: differences are below what is seen).` : "."));
    if (engine.executor === "wasm" && engine.threads === 1 && navigator.hardwareConcurrency > 1)
        addFact("One thread", location.protocol === "file:" ? "Browsers allow one to pages that are opened as files. From a web server, this machine’s own too, it is faster." :
            "This browser allows the page no more from here. A server that sends the headers Cross-Origin-Opener-Policy: same-origin and " +
            "Cross-Origin-Embedder-Policy: require-corp gets them.");
    addFact("Not kept", "Colour profiles (the result is sRGB, 8 bits) and EXIF.");
    addFact("Made by", `unmush ${model.version}. ONNX Runtime Web is © Microsoft, under the MIT licence (LICENSES.txt).`);
}

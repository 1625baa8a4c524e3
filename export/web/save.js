// The result as a file: PNG by png.js, JPEG and WebP by the browser's canvas.
"use strict";

const EXTENSIONS = { "image/png": "png", "image/jpeg": "jpg", "image/webp": "webp" };

// On white where the format knows no transparency.
function drawWhole({ pixels, width, height }, opaque) {
    const canvas = document.createElement("canvas"), piece = 1024;
    [canvas.width, canvas.height] = [width, height];
    const context = canvas.getContext("2d", { willReadFrequently: true });
    for (let top = 0; top < height; top += piece) {
        const rows = Math.min(piece, height - top);
        context.putImageData(new ImageData(pixels.subarray(top * width * 4, (top + rows) * width * 4), width, rows), 0, top);
    }
    if (opaque) {
        context.globalCompositeOperation = "destination-over";
        context.fillStyle = "#fff";
        context.fillRect(0, 0, width, height);
    }
    return canvas;
}

async function encodeByCanvas(result, type, quality) {
    const name = EXTENSIONS[type] === "jpg" ? "JPEG" : "WebP", most = type === "image/webp" ? 16383 : 65535;
    const size = `${result.width} × ${result.height} pixels`;
    if (Math.max(result.width, result.height) > most) throw new Told(`${size} are too many for ${name}. PNG holds them.`);
    let blob = null;
    try {
        const canvas = drawWhole(result, type === "image/jpeg");
        blob = await new Promise(resolve => canvas.toBlob(resolve, type, quality));
        [canvas.width, canvas.height] = [0, 0];
    } catch { /* said below */ }
    if (!blob) throw new Told(`This browser’s canvas cannot hold ${size}, which it needs for ${name}. PNG holds them.`);
    if (blob.type !== type) throw new Told(`This browser cannot write ${name}. Choose another format.`);
    return blob;
}

function encodeResult(result, type, quality) {
    return type === "image/png" ? encodePng(result) : encodeByCanvas(result, type, quality);
}

class Save {
    constructor() {
        this.format = document.querySelector("#format");
        this.quality = document.querySelector("#quality");
        this.button = document.querySelector("#save-button");
        this.words = document.querySelector("#save-words");
        this.format.addEventListener("change", () => { document.querySelector("#quality-label").hidden = this.format.value === "image/png"; });
        this.quality.addEventListener("input", () => { document.querySelector("#quality-percent").textContent = this.quality.value; });
        this.button.addEventListener("click", () => this.save());
    }

    // result: null while there is nothing to save.
    offer(result, name) {
        Object.assign(this, { result, name });
        this.button.disabled = !result;
        this.words.textContent = "";
    }

    async save() {
        const { result, name, button, words } = this, type = this.format.value;
        button.disabled = true;
        words.textContent = "Writing…";
        try {
            const blob = await encodeResult(result, type, Number(this.quality.value) / 100), link = document.createElement("a");
            link.href = URL.createObjectURL(blob);
            link.download = `${name.replace(/\.[^.]*$/, "") || "picture"}-x${result.scale}.${EXTENSIONS[type]}`;
            link.click();
            setTimeout(() => URL.revokeObjectURL(link.href), 60000);
            words.textContent = `${link.download}, ${(blob.size / 1e6).toFixed(2)} MB, went to your downloads.`;
        } catch (error) {
            words.textContent = error instanceof Told ? error.message : `It cannot be written: ${error.message}`;
        }
        button.disabled = this.result === null;
        button.focus();
    }
}

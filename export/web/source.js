// A file becomes pixels: decoded by the browser, turned upright, in sRGB, 8 bits, RGBA, not premultiplied.
"use strict";

// What a user is to be told, in one line, as it is.
class Told extends Error {}

// How many pixels a result may have: it lies in memory, 4 bytes each, and once more while it is saved as JPEG or WebP.
function mostPixels() {
    const gibibytes = navigator.deviceMemory ?? 4;
    return gibibytes >= 8 ? 2 ** 28 : gibibytes >= 4 ? 2 ** 27 : 2 ** 26;
}

function megapixels(count) {
    return `${(count / 1e6).toFixed(count < 1e7 ? 1 : 0)} megapixels`;
}

function checkSize(name, width, height, scale) {
    const pixels = width * height * scale * scale, most = mostPixels();
    if (pixels > most)
        throw new Told(`${name} would become ${width * scale} × ${height * scale} pixels, ${megapixels(pixels)}; on this machine the page ` +
            `can hold ${megapixels(most)}. Crop or shrink it first, or use unmush upscale, which takes any size.`);
}

// In pieces, because browsers limit the extents of a canvas.
function readPixels(bitmap) {
    const { width, height } = bitmap, pixels = new Uint8ClampedArray(width * height * 4), piece = 2048;
    const canvas = document.createElement("canvas");
    canvas.width = Math.min(width, piece);
    canvas.height = Math.min(height, piece);
    const context = canvas.getContext("2d", { willReadFrequently: true, colorSpace: "srgb" });
    for (let top = 0; top < height; top += piece)
        for (let left = 0; left < width; left += piece) {
            const w = Math.min(piece, width - left), h = Math.min(piece, height - top);
            context.clearRect(0, 0, w, h);
            context.drawImage(bitmap, left, top, w, h, 0, 0, w, h);
            const { data } = context.getImageData(0, 0, w, h);
            for (let row = 0; row < h; row++)
                pixels.set(data.subarray(row * w * 4, (row + 1) * w * 4), ((top + row) * width + left) * 4);
        }
    return pixels;
}

function hasTransparency(pixels) {
    for (let i = 3; i < pixels.length; i += 4) if (pixels[i] !== 255) return true;
    return false;
}

// Pixels that cannot be seen have no colour of their own; they take that of what is seen beside them, so that no dark
// fringe creeps in from there when the picture is enlarged.
function spreadColour(pixels, width, height, reach) {
    const known = new Uint8Array(width * height), last = width - 1, bottom = height - 1;
    let edge = [];
    for (let i = 0; i < known.length; i++) if (pixels[4 * i + 3] > 0) known[i] = 1;
    for (let i = 0; i < known.length; i++) if (known[i] && (i % width < last && !known[i + 1] || i % width > 0 && !known[i - 1] ||
        i < bottom * width && !known[i + width] || i >= width && !known[i - width])) edge.push(i);
    for (let step = 0; step < reach && edge.length; step++) {
        const next = new Set();
        for (const i of edge) {
            const x = i % width, y = (i - x) / width;
            if (x > 0 && !known[i - 1]) next.add(i - 1);
            if (x < last && !known[i + 1]) next.add(i + 1);
            if (y > 0 && !known[i - width]) next.add(i - width);
            if (y < bottom && !known[i + width]) next.add(i + width);
        }
        edge = [...next];
        for (const i of edge) fillFromNeighbours(pixels, known, width, height, i);
        for (const i of edge) known[i] = 1;
    }
}

function fillFromNeighbours(pixels, known, width, height, at) {
    const x = at % width, y = (at - x) / width, sum = [0, 0, 0];
    let count = 0;
    for (let v = Math.max(y - 1, 0); v <= Math.min(y + 1, height - 1); v++)
        for (let u = Math.max(x - 1, 0); u <= Math.min(x + 1, width - 1); u++) {
            const i = v * width + u;
            if (!known[i]) continue;
            count++;
            for (let c = 0; c < 3; c++) sum[c] += pixels[4 * i + c];
        }
    for (let c = 0; c < 3; c++) pixels[4 * at + c] = sum[c] / count;
}

// {name, width, height, pixels, transparent, bitmap}, which whoever draws it closes, or an error that is Told.
async function readSource(file, scale, reach) {
    const name = file.name || "The pasted picture";
    let bitmap;
    try {
        bitmap = await createImageBitmap(file);
    } catch {
        throw new Told(`${name} cannot be opened: it is no picture that this browser knows, or it is damaged.`);
    }
    try {
        const { width, height } = bitmap;
        checkSize(name, width, height, scale);
        const pixels = readPixels(bitmap), transparent = hasTransparency(pixels);
        if (transparent) spreadColour(pixels, width, height, reach);
        return { name, width, height, pixels, transparent, bitmap };
    } catch (error) {
        bitmap.close();
        throw error;
    }
}

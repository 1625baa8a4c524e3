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

// Pixels that cannot be seen have no colour of their own. They take that of a visible one near them (as far as two sweeps
// over the neighbours find it), so that no dark fringe creeps in when the picture is enlarged: upscale/hidden.h.
function fillHidden(pixels, width, height) {
    const none = -1, nearest = new Int32Array(width * height);
    for (let i = 0; i < nearest.length; i++) nearest[i] = pixels[4 * i + 3] > 0 ? i : none;
    const distance = (x, y, from) => (from % width - x) ** 2 + (Math.floor(from / width) - y) ** 2;
    const look = (x, y, dx, dy) => {
        if (x + dx < 0 || x + dx >= width || y + dy < 0 || y + dy >= height) return;
        const own = y * width + x, theirs = nearest[own + dy * width + dx];
        if (theirs !== none && (nearest[own] === none || distance(x, y, theirs) < distance(x, y, nearest[own]))) nearest[own] = theirs;
    };
    for (const step of [1, -1])
        for (let row = 0; row < height; row++) {
            const y = step > 0 ? row : height - 1 - row;
            for (let x = 0; x < width; x++) for (const [dx, dy] of [[0, -step], [-1, -step], [1, -step], [-1, 0]]) look(x, y, dx, dy);
            for (let x = width - 1; x >= 0; x--) look(x, y, 1, 0);
        }
    const colours = new Uint32Array(pixels.buffer), alphaMask = new Uint32Array(new Uint8Array([0, 0, 0, 255]).buffer)[0];
    for (let i = 0; i < nearest.length; i++)
        if (nearest[i] !== none && nearest[i] !== i) colours[i] = (colours[nearest[i]] & ~alphaMask) >>> 0;
}

// {name, width, height, pixels, transparent, bitmap}, which whoever draws it closes, or an error that is Told.
async function readSource(file, scale) {
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
        if (transparent) fillHidden(pixels, width, height);
        return { name, width, height, pixels, transparent, bitmap };
    } catch (error) {
        bitmap.close();
        throw error;
    }
}

// Writes PNG without a canvas, whose size browsers limit and whose colours suffer under transparency.
"use strict";

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
    for (let bit = 0; bit < 8; bit++) n = n & 1 ? 0xedb88320 ^ n >>> 1 : n >>> 1;
    return n;
});

function pngChunk(type, content) {
    const chunk = new Uint8Array(content.length + 12), view = new DataView(chunk.buffer);
    view.setUint32(0, content.length);
    for (let i = 0; i < 4; i++) chunk[4 + i] = type.charCodeAt(i);
    chunk.set(content, 8);
    let crc = 0xffffffff;
    for (let i = 4; i < content.length + 8; i++) crc = CRC_TABLE[(crc ^ chunk[i]) & 255] ^ crc >>> 8;
    view.setUint32(content.length + 8, ~crc >>> 0);
    return chunk;
}

function pngHeader(width, height, channels) {
    const header = new Uint8Array(13), view = new DataView(header.buffer);
    view.setUint32(0, width);
    view.setUint32(4, height);
    header.set([8, channels === 4 ? 6 : 2, 0, 0, 0], 8);
    return pngChunk("IHDR", header);
}

function paeth(left, up, corner) {
    const a = Math.abs(up - corner), b = Math.abs(left - corner), c = Math.abs(left + up - 2 * corner);
    return a <= b && a <= c ? left : b <= c ? up : corner;
}

// Filters rows of bytes; each takes the filter (none, sub, up or Paeth) whose differences are least in sum.
class PngFilter {
    constructor(length, channels) {
        this.channels = channels;
        this.above = new Uint8Array(length);
        this.rows = [0, 1, 2, 4].map(kind => new Uint8Array(length + 1).fill(kind, 0, 1));
    }

    filter(row) {
        const { above, channels, rows: [none, sub, up, both] } = this, sums = [0, 0, 0, 0];
        const size = value => value < 128 ? value : 256 - value;
        for (let i = 0; i < row.length; i++) {
            const left = i < channels ? 0 : row[i - channels], corner = i < channels ? 0 : above[i - channels];
            none[i + 1] = row[i];
            sub[i + 1] = row[i] - left;
            up[i + 1] = row[i] - above[i];
            both[i + 1] = row[i] - paeth(left, above[i], corner);
            sums[0] += size(none[i + 1]);
            sums[1] += size(sub[i + 1]);
            sums[2] += size(up[i + 1]);
            sums[3] += size(both[i + 1]);
        }
        above.set(row);
        return this.rows[sums.indexOf(Math.min(...sums))];
    }
}

// A row of RGBA as it is written: without transparency three bytes a pixel.
function packRow(pixels, y, width, row, channels) {
    const from = y * width * 4;
    if (channels === 4) row.set(pixels.subarray(from, from + width * 4));
    else for (let x = 0, to = 0; x < width; x++) {
        row[to++] = pixels[from + 4 * x];
        row[to++] = pixels[from + 4 * x + 1];
        row[to++] = pixels[from + 4 * x + 2];
    }
}

// The whole file as a Blob. Rows are compressed as they are filtered, so that little of it lies in memory at a time.
async function encodePng({ pixels, width, height, transparent }) {
    const channels = transparent ? 4 : 3, length = width * channels, row = new Uint8Array(length), filter = new PngFilter(length, channels);
    const stream = new CompressionStream("deflate"), writer = stream.writable.getWriter();
    const signature = new Uint8Array([137, 80, 78, 71, 13, 10, 26, 10]);
    const parts = [signature, pngHeader(width, height, channels), pngChunk("sRGB", new Uint8Array([0]))];
    const collected = (async () => {
        for (let reader = stream.readable.getReader(), part; !(part = await reader.read()).done;) parts.push(pngChunk("IDAT", part.value));
    })();
    const rows = Math.max(1, Math.floor((1 << 18) / length));
    for (let top = 0; top < height; top += rows) {
        const count = Math.min(rows, height - top), band = new Uint8Array(count * (length + 1));
        for (let y = 0; y < count; y++) {
            packRow(pixels, top + y, width, row, channels);
            band.set(filter.filter(row), y * (length + 1));
        }
        await writer.write(band);
    }
    await writer.close();
    await collected;
    parts.push(pngChunk("IEND", new Uint8Array()));
    return new Blob(parts, { type: "image/png" });
}

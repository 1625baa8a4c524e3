// PNG of 8 bits in gray, RGB or RGBA, without interlacing: read and written, independently of what is tested.
"use strict";
const zlib = require("node:zlib");

function paeth(a, b, c) {
    const [pa, pb, pc] = [Math.abs(b - c), Math.abs(a - c), Math.abs(a + b - 2 * c)];
    return pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
}

// {width, height, channels, pixels}
function readPng(file) {
    let at = 8, header;
    const parts = [];
    while (at < file.length) {
        const length = file.readUInt32BE(at), type = file.toString("latin1", at + 4, at + 8), content = file.subarray(at + 8, at + 8 + length);
        if (file.readUInt32BE(at + 8 + length) !== crc(file.subarray(at + 4, at + 8 + length))) throw new Error(`PNG: ${type}: wrong checksum`);
        if (type === "IHDR") header = content;
        if (type === "IDAT") parts.push(content);
        at += length + 12;
    }
    const width = header.readUInt32BE(0), height = header.readUInt32BE(4), channels = { 0: 1, 2: 3, 6: 4 }[header[9]];
    if (header[8] !== 8 || !channels || header[12]) throw new Error("PNG: not of this kind");
    const data = zlib.inflateSync(Buffer.concat(parts)), stride = width * channels, pixels = Buffer.alloc(stride * height);
    if (data.length !== (stride + 1) * height) throw new Error("PNG: wrong length");
    for (let y = 0; y < height; y++)
        for (let i = 0; i < stride; i++) {
            const to = y * stride + i, a = i < channels ? 0 : pixels[to - channels], b = y ? pixels[to - stride] : 0;
            const c = y && i >= channels ? pixels[to - stride - channels] : 0;
            pixels[to] = data[y * (stride + 1) + 1 + i] + [0, a, b, (a + b) >> 1, paeth(a, b, c)][data[y * (stride + 1)]];
        }
    return { width, height, channels, pixels };
}

function writePng({ width, height, channels, pixels }) {
    const chunk = (type, content) => {
        const bytes = Buffer.concat([Buffer.alloc(4), Buffer.from(type, "latin1"), content, Buffer.alloc(4)]);
        bytes.writeUInt32BE(content.length, 0);
        bytes.writeUInt32BE(crc(bytes.subarray(4, -4)), bytes.length - 4);
        return bytes;
    };
    const header = Buffer.alloc(13), stride = width * channels, data = Buffer.alloc((stride + 1) * height);
    header.writeUInt32BE(width, 0);
    header.writeUInt32BE(height, 4);
    header.set([8, { 1: 0, 3: 2, 4: 6 }[channels]], 8);
    for (let y = 0; y < height; y++) data.set(pixels.subarray(y * stride, (y + 1) * stride), y * (stride + 1) + 1);
    const signature = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);
    return Buffer.concat([signature, chunk("IHDR", header), chunk("IDAT", zlib.deflateSync(data)), chunk("IEND", Buffer.alloc(0))]);
}

function crc(bytes) {
    let value = 0xffffffff;
    for (const byte of bytes) {
        value ^= byte;
        for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
    }
    return ~value >>> 0;
}

module.exports = { readPng, writePng };

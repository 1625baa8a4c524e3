// How a picture is cut into tiles. A tile keeps its inner part; the network also sees what overlaps around it, so that
// nobody can tell afterwards where the tiles were.
"use strict";

const roundDown = (value, multiple) => Math.floor(value / multiple) * multiple;
const roundUp = (value, multiple) => Math.ceil(value / multiple) * multiple;

// What the network sees of an axis whose part inner..innerEnd is wanted. It begins at a multiple of the alignment, as strides
// and windows do; what it is long is a multiple of `multiple`, for which it may go on beyond the picture.
function outerPart(inner, innerEnd, extent, { overlap, multiple, alignment }) {
    const outer = Math.max(roundDown(inner - overlap, alignment), 0), end = roundUp(extent, multiple);
    return { inner, innerEnd, outer, outerEnd: extent - innerEnd > overlap ? Math.min(roundUp(innerEnd + overlap, alignment), end) : end };
}

// The parts of an axis, all nearly alike and about `tile` long inside.
function axisParts(extent, shape) {
    const { tile, overlap, alignment } = shape;
    const count = extent <= tile + 2 * overlap ? 1 : Math.ceil(extent / tile), length = roundUp(extent / count, alignment), parts = [];
    for (let inner = 0; inner < extent; inner += length) parts.push(outerPart(inner, Math.min(inner + length, extent), extent, shape));
    return parts;
}

// All tiles of a picture, row by row, as {x, y} of such parts.
function planTiles(width, height, shape) {
    const columns = axisParts(width, shape);
    return axisParts(height, shape).flatMap(y => columns.map(x => ({ x, y })));
}

// The tile that has a region {left, top, right, bottom} of the picture inside: for a look at one place.
function tileAround({ left, top, right, bottom }, width, height, shape) {
    return { x: outerPart(left, right, width, shape), y: outerPart(top, bottom, height, shape) };
}

// What the network sees of a tile: RGBA bytes. Beyond the picture the last pixels go on as in a mirror.
function cutTile(source, tile) {
    const width = tile.x.outerEnd - tile.x.outer, height = tile.y.outerEnd - tile.y.outer;
    const from = new Uint32Array(source.pixels.buffer), to = new Uint32Array(width * height);
    const mirrored = (at, extent) => extent === 1 ? 0 : Math.abs((at + extent - 1) % (2 * extent - 2) - (extent - 1));
    for (let y = 0; y < height; y++) {
        const row = mirrored(tile.y.outer + y, source.height) * source.width;
        for (let x = 0; x < width; x++) to[y * width + x] = from[row + mirrored(tile.x.outer + x, source.width)];
    }
    return { pixels: new Uint8ClampedArray(to.buffer), width, height };
}

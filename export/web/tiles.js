// How a picture is cut into tiles. A tile keeps its inner part; the network also sees what overlaps around it, so that
// nobody can tell afterwards where the tiles were.
"use strict";

// One axis: parts {inner, innerEnd, outer, outerEnd} of 0..extent, all nearly alike and at most `tile` long inside.
// Every beginning is a multiple of `multiple`, which is all that some networks take.
function axisParts(extent, { tile, overlap, multiple }) {
    const up = value => Math.ceil(value / multiple) * multiple;
    const around = up(overlap), count = extent <= tile + 2 * around ? 1 : Math.ceil(extent / tile);
    const length = up(extent / count), parts = [];
    for (let inner = 0; inner < extent; inner += length) {
        const innerEnd = Math.min(inner + length, extent);
        parts.push({ inner, innerEnd, outer: Math.max(inner - around, 0), outerEnd: Math.min(innerEnd + around, extent) });
    }
    return parts;
}

// All tiles of a picture, row by row, as {x, y} of such parts.
function planTiles(width, height, shape) {
    const columns = axisParts(width, shape);
    return axisParts(height, shape).flatMap(y => columns.map(x => ({ x, y })));
}

// The tile that has a region {left, top, right, bottom} of the picture inside: for a look at one place.
function tileAround(region, width, height, { overlap, multiple }) {
    const part = (low, high, extent) => {
        const outer = Math.max(Math.floor((low - overlap) / multiple) * multiple, 0);
        return { inner: low, innerEnd: high, outer, outerEnd: Math.min(high + overlap, extent) };
    };
    return { x: part(region.left, region.right, width), y: part(region.top, region.bottom, height) };
}

// What the network sees of a tile: RGBA bytes. Where extents must be multiples, the last pixels go on as in a mirror.
function cutTile(source, tile, multiple) {
    const up = value => Math.ceil(value / multiple) * multiple;
    const width = up(tile.x.outerEnd - tile.x.outer), height = up(tile.y.outerEnd - tile.y.outer);
    const from = new Uint32Array(source.pixels.buffer), to = new Uint32Array(width * height);
    const mirrored = (at, extent) => extent === 1 ? 0 : at < extent ? at : Math.max(2 * extent - 2 - at, 0);
    for (let y = 0; y < height; y++) {
        const row = mirrored(tile.y.outer + y, source.height) * source.width;
        for (let x = 0; x < width; x++) to[y * width + x] = from[row + mirrored(tile.x.outer + x, source.width)];
    }
    return { pixels: new Uint8ClampedArray(to.buffer), width, height };
}

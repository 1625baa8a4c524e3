// The enlarged picture: its bytes, and how much of it is there.
"use strict";

class Result {
    constructor(source, scale) {
        this.width = source.width * scale;
        this.height = source.height * scale;
        this.scale = scale;
        this.transparent = source.transparent;
        try {
            this.pixels = new Uint8ClampedArray(this.width * this.height * 4);
        } catch {
            throw new Told(`This browser has no memory for ${this.width} × ${this.height} pixels. Crop or shrink the picture first.`);
        }
    }

    // Takes a tile's inner part; returns where it lies, in pixels of the result.
    put(tile, pixels) {
        const { scale } = this, left = tile.x.inner * scale, right = tile.x.innerEnd * scale, top = tile.y.inner * scale;
        const bottom = tile.y.innerEnd * scale, bytes = (right - left) * 4;
        for (let y = top; y < bottom; y++)
            this.pixels.set(pixels.subarray((y - top) * bytes, (y - top + 1) * bytes), (y * this.width + left) * 4);
        return { left, top, right, bottom };
    }
}

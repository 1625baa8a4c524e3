// One place of the picture in two panes at 400 %: its own pixels, and those of the result.
"use strict";

const LOUPE_ZOOM = 4;

// The middle of the square of `side` pixels where neighbours differ most, away from the border: something to look at.
function mostDetailed({ pixels, width, height }, side) {
    let best = { x: width / 2, y: height / 2, detail: 0 };
    const step = Math.max(1, Math.floor(side / 24)), border = Math.floor(side / 2);
    for (let top = border; top + side < height - border; top += side)
        for (let left = border; left + side < width - border; left += side) {
            let detail = 0;
            for (let y = top; y < top + side; y += step)
                for (let x = left; x < left + side; x += step) {
                    const i = 4 * (y * width + x) + 1;
                    detail += Math.abs(pixels[i] - pixels[i + 4]) + Math.abs(pixels[i] - pixels[i + 4 * width]);
                }
            if (detail > best.detail) best = { x: left + side / 2, y: top + side / 2, detail };
        }
    return best;
}

class Loupe {
    constructor(compare, onMove) {
        this.compare = compare;
        this.onMove = onMove;
        this.panes = [...document.querySelectorAll(".lens")];
        this.canvases = [document.querySelector("#lens-before"), document.querySelector("#lens-after")];
        this.words = document.querySelector("#lens-words");
        for (const pane of this.panes) this.listen(pane);
        new ResizeObserver(() => this.show()).observe(this.panes[0]);
    }

    listen(pane) {
        let last = null;
        pane.addEventListener("pointerdown", event => {
            pane.setPointerCapture(event.pointerId);
            last = event;
        });
        pane.addEventListener("pointermove", event => {
            if (!last) return;
            this.moveBy((last.clientX - event.clientX) / LOUPE_ZOOM, (last.clientY - event.clientY) / LOUPE_ZOOM);
            last = event;
        });
        for (const end of ["pointerup", "pointercancel"]) pane.addEventListener(end, () => { last = null; });
        pane.addEventListener("keydown", event => {
            const step = event.shiftKey ? 32 : 4;
            const by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
            if (!by || !this.result) return;
            event.preventDefault();
            this.moveBy(by[0] * step, by[1] * step);
        });
    }

    begin(source, result) {
        const { x, y } = mostDetailed(source, Math.ceil(this.panes[0].clientWidth / LOUPE_ZOOM / result.scale) || 16);
        Object.assign(this, { source, result, preview: null, x: x * result.scale, y: y * result.scale });
        this.show();
    }

    moveBy(x, y) {
        if (this.result) this.moveTo(this.x + x, this.y + y);
    }

    moveTo(x, y) {
        Object.assign(this, { x, y });
        this.show();
        this.onMove();
    }

    // The region of the result that the panes show, in whole pixels.
    region() {
        const side = Math.ceil(this.panes[0].clientWidth / LOUPE_ZOOM), { width, height } = this.result;
        const within = (value, extent) => extent <= side ? extent / 2 : Math.min(Math.max(value, side / 2), extent - side / 2);
        this.x = within(this.x, width);
        this.y = within(this.y, height);
        const left = Math.max(0, Math.floor(this.x - side / 2)), top = Math.max(0, Math.floor(this.y - side / 2));
        return { side, left, top, right: Math.min(left + side, width), bottom: Math.min(top + side, height) };
    }

    // The part of the source that the panes show.
    sourceRegion() {
        const { left, top, right, bottom } = this.region(), { scale } = this.result;
        return { left: Math.floor(left / scale), top: Math.floor(top / scale), right: Math.ceil(right / scale), bottom: Math.ceil(bottom / scale) };
    }

    // What another setting of the dial would make of the place; null: the result itself.
    showPreview(preview) {
        this.preview = preview;
        this.show();
    }

    show() {
        if (!this.result || !this.panes[0].clientWidth) return;
        const region = this.region(), { source, result, preview } = this, { scale } = result;
        this.drawPane(this.canvases[0], region, source, (x, y) => Math.floor(y / scale) * source.width + Math.floor(x / scale));
        this.drawPane(this.canvases[1], region, result, (x, y) => y * result.width + x);
        if (preview) this.drawPreview(region, preview);
        this.compare.showFrame(region.left, region.top, region.side);
    }

    drawPane(canvas, { left, top, right, bottom }, { pixels }, place) {
        const width = right - left, height = bottom - top, image = new ImageData(width, height);
        const from = new Uint32Array(pixels.buffer), to = new Uint32Array(image.data.buffer);
        for (let y = 0; y < height; y++)
            for (let x = 0; x < width; x++) to[y * width + x] = from[place(left + x, top + y)];
        [canvas.width, canvas.height] = [width, height];
        Object.assign(canvas.style, { width: `${width * LOUPE_ZOOM}px`, height: `${height * LOUPE_ZOOM}px` });
        canvas.getContext("2d").putImageData(image, 0, 0);
    }

    drawPreview(region, { pixels, left, top, width, height }) {
        this.canvases[1].getContext("2d").putImageData(new ImageData(pixels, width, height), left - region.left, top - region.top);
    }
}

// Before and after in one place, with a line between them that is dragged or moved by keys.
"use strict";

const MOST_PREVIEW = 2400; // pixels along an edge: what is drawn is shrunk to it, by whole factors

class Compare {
    constructor(onPlace) {
        this.sheet = document.querySelector(".sheet");
        this.before = document.querySelector("#before");
        this.after = document.querySelector("#after");
        this.divide = document.querySelector("#divide");
        this.frame = this.sheet.querySelector(".frame");
        this.divide.addEventListener("input", () => this.move(Number(this.divide.value)));
        this.listen(onPlace);
        new ResizeObserver(() => this.fit()).observe(this.sheet.parentElement);
        addEventListener("resize", () => this.fit());
        this.move(50);
    }

    // A drag moves the line; a click without one chooses a place for the loupe.
    listen(onPlace) {
        const { sheet } = this, most = 5;
        let began = null;
        const at = event => {
            const box = sheet.getBoundingClientRect();
            return { x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height };
        };
        sheet.addEventListener("pointerdown", event => {
            if (event.button !== 0 || !event.isPrimary) return;
            sheet.setPointerCapture(event.pointerId);
            this.divide.focus({ preventScroll: true });
            began = { x: event.clientX, y: event.clientY, moved: false };
        });
        sheet.addEventListener("pointermove", event => {
            if (!began || !event.isPrimary) return;
            began.moved ||= Math.abs(event.clientX - began.x) > most;
            if (began.moved) this.move(100 * at(event).x);
        });
        sheet.addEventListener("pointerup", event => {
            const still = began && !began.moved && Math.abs(event.clientY - began.y) <= most;
            began = null;
            if (still) onPlace(at(event));
        });
        sheet.addEventListener("pointercancel", () => { began = null; });
    }

    move(percent) {
        percent = Math.min(Math.max(percent, 0), 100);
        this.divide.value = percent;
        this.divide.setAttribute("aria-valuetext", `${Math.round(percent)} % before, ${Math.round(100 - percent)} % after`);
        this.sheet.style.setProperty("--at", `${percent}%`);
    }

    // A new picture: before is what the browser makes of it, after the same, but faint.
    begin(source, result) {
        this.result = result;
        this.step = Math.max(1, Math.ceil(Math.max(result.width, result.height) / MOST_PREVIEW));
        for (const canvas of [this.before, this.after]) {
            canvas.width = Math.ceil(result.width / this.step);
            canvas.height = Math.ceil(result.height / this.step);
        }
        this.fit();
        this.drawBefore(source);
    }

    drawBefore({ bitmap }) {
        const context = this.before.getContext("2d");
        context.imageSmoothingQuality = "high";
        context.drawImage(bitmap, 0, 0, this.before.width, this.before.height);
        const after = this.after.getContext("2d"); // faint until its tiles come
        after.globalAlpha = 0.35;
        after.drawImage(this.before, 0, 0);
        bitmap.close();
    }

    // As large as there is room for, at most as large as it is.
    fit() {
        if (!this.result) return;
        const room = this.sheet.parentElement, style = getComputedStyle(room);
        const wide = room.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight), high = Math.max(innerHeight * 0.72, 240);
        const { width, height } = this.result, shrink = Math.min(wide / width, high / height, Math.max(1, 320 / width));
        this.sheet.style.width = `${Math.round(width * shrink)}px`;
        this.sheet.style.height = `${Math.round(height * shrink)}px`;
    }

    // Draws a region of the result, each pixel the mean of those that it stands for and that are there.
    draw({ left, top, right, bottom }) {
        const { step, result: { pixels, width, height } } = this;
        const x0 = Math.floor(left / step), y0 = Math.floor(top / step), x1 = Math.ceil(right / step), y1 = Math.ceil(bottom / step);
        const image = new ImageData(x1 - x0, y1 - y0);
        for (let y = y0; y < y1; y++)
            for (let x = x0; x < x1; x++) {
                let r = 0, g = 0, b = 0, a = 0, count = 0;
                for (let v = y * step; v < Math.min((y + 1) * step, height); v++)
                    for (let u = x * step; u < Math.min((x + 1) * step, width); u++, count++) {
                        const i = (v * width + u) * 4, alpha = pixels[i + 3];
                        r += pixels[i] * alpha;
                        g += pixels[i + 1] * alpha;
                        b += pixels[i + 2] * alpha;
                        a += alpha;
                    }
                image.data.set(a ? [r / a, g / a, b / a, a / count] : [0, 0, 0, 0], ((y - y0) * (x1 - x0) + x - x0) * 4);
            }
        this.after.getContext("2d").putImageData(image, x0, y0);
    }

    // Where the loupe looks: a square of `side` pixels of the result.
    showFrame(left, top, side) {
        const { width, height } = this.result;
        Object.assign(this.frame.style, { left: `${100 * left / width}%`, top: `${100 * top / height}%`,
            width: `${100 * Math.min(side, width) / width}%`, height: `${100 * Math.min(side, height) / height}%` });
    }
}

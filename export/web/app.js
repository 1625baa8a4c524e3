// Puts the parts together: takes pictures, runs tiles, tells how far it is.
// <html data-state> says where the page is: loading, ready, working, done, cancelled or failed.
"use strict";

const show = (selector, on) => { document.querySelector(selector).hidden = !on; };
const say = (selector, text) => { document.querySelector(selector).textContent = text; };
const setState = state => { document.documentElement.dataset.state = state; };

function alertUser(text) {
    say("#alert", text);
    show("#alert", Boolean(text));
}

function durationWords(seconds) {
    return seconds < 60 ? `${Math.max(1, Math.round(seconds))} s` : seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

class App {
    constructor(model) {
        this.model = model;
        this.run = 0; // counts pictures and settings: a loop whose number is past ends itself
        showTitle(model);
        this.compare = new Compare(({ x, y }) => this.result && this.loupe.moveTo(x * this.result.width, y * this.result.height));
        this.loupe = new Loupe(this.compare, () => this.preview());
        this.dial = new Dial(model, () => this.preview(), () => this.enlarge());
        this.save = new Save();
        this.listen();
        this.loaded = this.load();
    }

    async load() {
        if (await gainThreads()) return new Promise(() => {});
        try {
            this.engine = await Engine.load(this.model);
            await this.engine.ready();
        } catch (error) {
            setState("failed");
            alertUser(error instanceof Told ? error.message : `The model cannot be started in this browser: ${error.message}`);
            throw error;
        }
        say("#status", `Ready, on ${this.engine.describe()}.`);
        showFacts(this.model, this.engine);
        if (!this.source) setState("ready");
    }

    listen() {
        const file = document.querySelector("#file");
        for (const button of document.querySelectorAll("[data-choose]")) button.addEventListener("click", () => file.click());
        file.addEventListener("change", () => {
            this.take(file.files);
            file.value = "";
        });
        const hold = on => event => {
            if (![...event.dataTransfer?.types ?? []].includes("Files")) return;
            event.preventDefault();
            document.body.classList.toggle("dragging", on);
        };
        addEventListener("dragover", hold(true));
        addEventListener("dragleave", hold(false));
        addEventListener("drop", event => {
            hold(false)(event);
            if (event.dataTransfer?.files.length) this.take(event.dataTransfer.files);
        });
        addEventListener("paste", event => {
            if (event.clipboardData?.files.length) this.take(event.clipboardData.files);
        });
        document.querySelector("#again").addEventListener("click", () => this.enlarge());
        document.querySelector("#cancel").addEventListener("click", () => this.cancel());
    }

    // A picture from the user. Of several, the first.
    async take(files) {
        const turn = ++this.run;
        alertUser(files.length > 1 ? `One picture at a time: this is ${files[0].name}.` : "");
        try {
            const source = await readSource(files[0], this.model.scale);
            const result = new Result(source, this.model.scale);
            if (turn !== this.run) return;
            if (this.working) this.engine.stop();
            Object.assign(this, { source, result, finished: false });
        } catch (error) {
            if (turn !== this.run) return;
            alertUser(error instanceof Told ? error.message : `${files[0].name}: ${error.message}`);
            if (!this.working) setState(this.finished ? "done" : this.result ? "cancelled" : "ready");
            return;
        }
        this.present();
        this.enlarge();
    }

    present() {
        const { source, result } = this;
        show("#begin", false);
        show("#work", true);
        say("#name", source.name);
        this.sizes = `${source.width} × ${source.height} becomes ${result.width} × ${result.height} pixels${source.transparent ? ", with transparency" : ""}`;
        say("#extents", this.sizes);
        this.compare.begin(source, result);
        this.loupe.begin(source, result);
    }

    // The whole picture with the dial's setting.
    async enlarge() {
        const turn = ++this.run, { dial, source } = this, alpha = dial.alpha;
        setState("working");
        this.working = true;
        this.save.offer(null);
        dial.settle(null);
        dial.enable(false);
        this.loupe.showPreview(null);
        show("#progress", true);
        show("#again", false);
        this.tell(0, "Preparing…");
        try {
            await this.loaded;
            await this.runTiles(turn, alpha);
        } catch (error) {
            if (turn !== this.run) return;
            alertUser(`${source.name} cannot be enlarged here: ${error.message}`);
            this.end("failed");
            return;
        }
        if (turn === this.run) this.end("done", alpha);
    }

    async runTiles(turn, alpha) {
        const { engine, source, result } = this, began = performance.now();
        let tiles = planTiles(source.width, source.height, engine.shape), done = 0;
        while (done < tiles.length) {
            try {
                await engine.ready(alpha);
                if (turn !== this.run) return;
                const pixels = await engine.run(source, tiles[done]);
                if (turn !== this.run) return;
                this.compare.draw(result.put(tiles[done], pixels));
                this.tellRest(began, ++done / tiles.length);
                this.loupe.show();
            } catch (error) {
                if (turn !== this.run) return;
                if (!engine.retreat()) throw error;
                tiles = planTiles(source.width, source.height, engine.shape);
                done = 0;
            }
        }
        this.seconds = (performance.now() - began) / 1000;
    }

    tell(share, words) {
        document.querySelector("#bar").value = share;
        say("#progress-words", words);
    }

    tellRest(began, share) {
        const seconds = (performance.now() - began) / 1000;
        this.tell(share, `${Math.round(100 * share)} %, ${durationWords(seconds / share - seconds)} left`);
    }

    cancel() {
        this.run++;
        this.engine?.stop();
        this.end("cancelled");
        document.querySelector("#again").focus();
        this.engine?.ready().catch(() => {});
    }

    end(state, alpha) {
        const { result, engine, save, dial } = this, whole = state === "done";
        this.working = false;
        this.finished = whole;
        show("#progress", false);
        show("#again", !whole);
        dial.enable(true);
        dial.settle(whole ? alpha : NaN);
        save.offer(whole ? result : null, this.source.name);
        if (whole) say("#extents", `${this.sizes}, done in ${durationWords(this.seconds)} by ${engine.describe()}`);
        else say("#extents", `${this.sizes}, ${state === "cancelled" ? "cancelled" : "not done"}`);
        this.loupe.show();
        setState(state);
    }

    // What the dial's setting makes of the place in the loupe; only the newest wish is followed.
    async preview() {
        const { dial, loupe, engine, source } = this;
        if (!this.finished || this.working || dial.model.ends.length < 2) return;
        if (dial.alpha === dial.applied) {
            this.wish = null;
            say("#lens-words", "after");
            return loupe.showPreview(null);
        }
        const busy = this.wish !== null && this.wish !== undefined;
        this.wish = { alpha: dial.alpha, region: loupe.sourceRegion() };
        if (busy) return;
        const turn = this.run;
        while (this.wish && turn === this.run) {
            const { alpha, region } = this.wish, wish = this.wish, { scale } = this.model;
            say("#lens-words", `at ${Math.round(100 * alpha)} %, a look at this place`);
            try {
                await engine.ready(alpha);
                const pixels = await engine.run(source, tileAround(region, source.width, source.height, engine.shape));
                if (this.wish && turn === this.run)
                    loupe.showPreview({ pixels, left: region.left * scale, top: region.top * scale, width: (region.right - region.left) * scale, height: (region.bottom - region.top) * scale });
            } catch (error) {
                if (turn === this.run) alertUser(`This place cannot be shown: ${error.message}`);
            }
            if (this.wish === wish) this.wish = null;
        }
        if (turn !== this.run) this.wish = null;
    }
}

setState("loading");
const app = new App(MODEL);
app.loaded.catch(() => {});

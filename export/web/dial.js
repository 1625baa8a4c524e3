// The share of the second model. While it is turned, the loupe shows what it would make of its place.
"use strict";

class Dial {
    // onTurn(alpha) when it was turned; onApply(alpha) when the whole picture is to have it.
    constructor(model, onTurn, onApply) {
        this.model = model;
        this.input = document.querySelector("#alpha");
        this.button = document.querySelector("#apply");
        this.applied = 0;
        if (model.ends.length < 2) return;
        document.querySelector("#dial").hidden = false;
        this.input.addEventListener("input", () => {
            this.show();
            onTurn(this.alpha);
        });
        this.button.addEventListener("click", () => onApply(this.alpha));
        this.showFigures();
        this.show();
    }

    get alpha() {
        return Number(this.input.value) / 100;
    }

    // The picture as it lies there has this setting; null: there is none.
    settle(applied) {
        this.applied = applied;
        this.show();
    }

    show() {
        const percent = Math.round(100 * this.alpha), [crisp, creative] = this.model.ends;
        document.querySelector("#dial-percent").textContent = `${percent} %`;
        const words = percent === 0 ? `All of ${crisp.name}.` : percent === 100 ? `All of ${creative.name}.` :
            `${100 - percent} % ${crisp.name}, ${percent} % ${creative.name}.`;
        document.querySelector("#dial-reading").textContent = words;
        this.input.setAttribute("aria-valuetext", `${percent} % creative`);
        this.button.hidden = this.applied === null || this.applied === this.alpha;
    }

    // What was measured of either end, where the models say it.
    showFigures() {
        const list = document.querySelector("#dial-figures");
        for (const end of this.model.ends) {
            if (end.smoothing === undefined) continue;
            const term = document.createElement("dt"), text = document.createElement("dd");
            term.textContent = end.name;
            text.textContent = `smooths away ${end.smoothing.toFixed(2)}, makes up ${end.hallucination.toFixed(2)}`;
            list.append(term, text);
        }
        if (!list.children.length) return;
        const note = document.createElement("p");
        note.className = "note";
        const sets = new Set(this.model.ends.map(end => end.set).filter(Boolean));
        note.textContent = `Measured where the truth was known${sets.size ? ` (${[...sets].join(", ")})` : ""}: 0 is none, 1 is as strong as all the true detail.`;
        list.after(note);
    }

    enable(on) {
        this.input.disabled = this.button.disabled = !on;
    }
}

// Expressions that find faults in any page, for Chromium.evaluate.
"use strict";

// The text that does not stand out from what lies behind it: a contrast below 4.5 (WCAG AA). What is disabled need not.
const poorContrast = `(() => {
    const numbers = colour => colour.match(/[\\d.]+/g).map(Number);
    const light = ([r, g, b]) => [r, g, b].map(v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
        .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
    const behind = node => { for (; node; node = node.parentElement) { const c = numbers(getComputedStyle(node).backgroundColor); if (c[3] !== 0) return c; } return [255, 255, 255]; };
    const texts = [...document.querySelectorAll("main *")].filter(node => !node.disabled && node.checkVisibility() &&
        [...node.childNodes].some(child => child.nodeType === 3 && child.textContent.trim()));
    const poor = texts.filter(node => {
        const style = getComputedStyle(node), [a, b] = [light(numbers(node.closest("svg") ? style.fill : style.color)), light(behind(node))];
        return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) < 4.5;
    });
    return [...new Set(poor.map(node => node.tagName + "." + node.className + ": " + node.textContent.slice(0, 20)))];
})()`;

// How many things to use have no name, and how many ids stand twice.
const unusable = `(() => {
    const all = selector => [...document.querySelectorAll(selector)];
    return { ids: all("[id]").length - new Set(all("[id]").map(node => node.id)).size,
        unnamed: all("button, select, input, [tabindex]").filter(node => !(node.textContent.trim() || node.labels?.length || node.getAttribute("aria-label"))).length };
})()`;

module.exports = { poorContrast, unusable };

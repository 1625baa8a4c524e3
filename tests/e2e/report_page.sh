#!/bin/bash
# index.html of `unmush eval` in headless Chromium, wide and narrow, light and dark: drawn, usable by mouse, finger and
# keyboard, without an error or a request. CHROMIUM names the browser; without one all this is skipped.
. "$(dirname "$0")/lib.sh"

browser() {
    local name
    for name in "${CHROMIUM:-}" chromium chromium-browser google-chrome; do
        [ -n "$name" ] && command -v "$name" && return
    done
    return 1
}

look() { # WHAT INDEX.html
    local line
    while read -r line; do
        case $line in
        "ok "*) check "$1: ${line#ok }" 0 ;;
        "not ok "*) check "$1: ${line#not ok }" 1 ;;
        *) echo "$line" ;;
        esac
    done < <(timeout 120 node "$here/report_page.js" "$chromium" "$work/profile-$passed" "$2" 2>&1 || echo "not ok the browser ends")
}

chromium=$(browser)
if [ -z "$chromium" ] || ! command -v node >/dev/null; then
    skip "the report in a browser: chromium or node is not here"
    summary
    exit
fi

"$UNMUSH" synth -q -o "$work/hr" --count=6 --size=288x192 --seed=3 &&
    "$UNMUSH" synth -q -o "$work/other" --count=6 --size=288x192 --seed=4 &&
    "$UNMUSH" eval -q --scale=4 --hr="$work/hr" --images=elsewhere="$work/other" -o "$work/report" >"$work/out" 2>&1
check "a report is written" $?
look "folders" "$work/report/index.html"

summary

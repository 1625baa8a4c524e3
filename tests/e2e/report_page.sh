#!/bin/bash
# index.html of `unmush eval` in headless Chromium, wide and narrow, light and dark: drawn, usable by mouse, finger and
# keyboard, without an error or a request. CHROMIUM names the browser; without one all this is skipped.
. "$(dirname "$0")/lib.sh"
cd "$work" || exit 1

look() { # WHAT INDEX.html
    count_checks "$1" timeout 120 node "$here/report_page.js" "$chromium" "$work/profile-$passed" "$2"
}

chromium=$(browser)
if [ -z "$chromium" ] || ! command -v node >/dev/null; then
    skip "the report in a browser: chromium or node is not here"
    summary
    exit
fi

cat >try.json <<'END'
{"name": "try", "scale": 4, "batch": 2, "crop": 16, "precision": "fp32",
 "generator": {"type": "srvgg", "features": 8, "convs": 2},
 "discriminator": {"type": "unet", "features": 8},
 "data": {"train": [{"hr": "pictures", "degrade": "bicubic"}]},
 "stages": [
  {"name": "first", "steps": 2, "rate": 1e-3, "loss": {"l1": 1}},
  {"name": "second", "steps": 3, "rate": 1e-3, "loss": {"l1": 1, "adversarial": {"kind": "vanilla", "weight": 1}}}]}
END
"$UNMUSH" synth -q -o pictures --count=6 --size=288x192 --seed=3 &&
    "$UNMUSH" synth -q -o other --count=6 --size=288x192 --seed=4 &&
    for picture in other/*; do mv "$picture" "${picture/synth-4/synth-3}"; done &&
    "$UNMUSH" train try.json -q -o run >said 2>&1
check "two small models are trained" $?
"$UNMUSH" eval -q --scale=4 --hr=pictures --images=elsewhere=other --blend=run/first.safetensors,run/second.safetensors \
    -o report >said 2>&1
check "a report with a dial is written" $?
[ ! -e report/index.html ] || look "with a dial" report/index.html

"$UNMUSH" eval -q --scale=4 --lr=pictures --model=run/first.safetensors --model=run/second.safetensors -o weaker >said 2>&1
check "a report without truth is written" $?
[ ! -e weaker/index.html ] || look "without truth" weaker/index.html

summary

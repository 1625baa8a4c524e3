#!/bin/bash
# `unmush upscale --model=auto`: every picture gets its own model, and what is wrong is told in one line. See lib.sh for the
# environment.
. "$(dirname "$0")/lib.sh"

published=$UNMUSH_SHARED/weights/realesr-animevideov3-x4.pth

table() { # JSON
    mkdir -p "$work/models" && printf '%s\n' "$1" >"$work/models/models.json"
}

auto() { # OPTION...
    "$UNMUSH" upscale --model=auto --models="$work/models" "$@" 2>"$work/log"
}

extents() { # PNG: "WIDTHxHEIGHT"
    od -An -tu1 -j16 -N8 "$1" | awk '{ print $3 * 256 + $4 "x" $7 * 256 + $8 }'
}

pictures() {
    "$UNMUSH" synth -q -o "$work/text" --kind=screenshot --count=2 --size=200x160 --seed=5 &&
        "$UNMUSH" synth -q -o "$work/lines" --kind=drawing --count=2 --size=200x160 --seed=5 &&
        "$UNMUSH" synth -q -o "$work/leaves" --count=2 --size=200x160 --seed=7
    check "pictures of three kinds are drawn" $?
}

explanations() {
    "$UNMUSH" upscale --model=auto --explain "$work/text" "$work/lines" "$work/leaves" >"$work/explained" 2>"$work/log"
    [ "$(grep -c '^  text (.* % sure): .*%' "$work/explained")" = 2 ] &&
        [ "$(grep -c '^  line-art (.* % sure): .*%' "$work/explained")" = 2 ] &&
        [ "$(grep -cE '^  (photo|texture|portrait) \(' "$work/explained")" = 2 ]
    check "--explain names classes and reasons, and needs no models" $?
}

errors() {
    refused "without a folder of models, auto is refused" 2 '--model=auto needs --models=DIR' \
        "$UNMUSH" upscale --model=auto -o "$out/a.png" "$work/text/synth-5-0000.png"
    refused "--models without auto is refused" 2 'are for --model=auto' \
        "$UNMUSH" upscale --model=a.pth --models="$work" -o "$out/a.png" "$work/text/synth-5-0000.png"
    refused "a missing table is told with what one looks like" 1 'models.json: there is no such table; it looks like {"photo"' \
        "$UNMUSH" upscale --model=auto --models="$work/text" -o "$out/a.png" "$work/text/synth-5-0000.png"
    table '{"photo": {"model": "a.pth"}, "txet": {"model": "a.pth"}}'
    refused "an unknown class is told with the nearest one" 1 'models.json: .*txet.*text' \
        "$UNMUSH" upscale --model=auto --models="$work/models" -o "$out/a.png" "$work/text/synth-5-0000.png"
    table '{"photo": {"model": "a.pth"}}'
    refused "a missing model is told with table and row" 1 'models.json: photo: .*a.pth' \
        "$UNMUSH" upscale --model=auto --models="$work/models" -o "$out/a.png" "$work/text/synth-5-0000.png"
    printf 'not a model' >"$work/models/a.pth"
    refused "a file that is no model is told so" 1 'models.json: photo: .*a.pth' \
        "$UNMUSH" upscale --model=auto --models="$work/models" -o "$out/a.png" "$work/text/synth-5-0000.png"
}

models() {
    cp "$published" "$work/models/photo.pth" && cp "$published" "$work/models/text.pth"
    table '{"photo": {"model": "photo.pth"}, "text": {"model": "text.pth", "scale": 2}}'
    auto -o "$work/results" "$work/text" "$work/leaves" &&
        [ "$(extents "$work/results/synth-5-0000.png")" = 400x320 ] && [ "$(extents "$work/results/synth-7-0000.png")" = 800x640 ]
    check "each picture gets the scale of its class's row" $?
    grep -q 'synth-5-0000.png: text: text.pth, 2 times' "$work/log" && grep -q 'synth-7-0000.png: .*photo.pth, 4 times' "$work/log"
    check "the log says which model each picture got" $?
    auto --explain "$work/lines" >"$work/explained"
    grep -q 'model: text.pth, 2 times (as text; line-art has no row)' "$work/explained"
    check "a class without a row takes that of the next in its chain" $?
    "$UNMUSH" upscale -q --model="$published" -o "$work/one.png" "$work/leaves/synth-7-0000.png" &&
        cmp -s "$work/one.png" "$work/results/synth-7-0000.png"
    check "a routed picture is what its model alone makes of it" $?
    auto --scale=3 -o "$work/three.png" "$work/text/synth-5-0000.png" && [ "$(extents "$work/three.png")" = 600x480 ]
    check "--scale overrides the table's" $?
    (cd "$work/text" && auto synth-5-0001.png && [ -e synth-5-0001-auto.png ])
    check "where scales differ, names end in -auto" $?
}

mixtures() {
    if ! command -v convert >/dev/null; then
        skip "mixed pictures (needs ImageMagick)"
        return
    fi
    "$UNMUSH" synth -q -o "$work/page" --kind=screenshot --count=1 --size=512x384 --seed=5 &&
        "$UNMUSH" synth -q -o "$work/inner" --count=4 --size=224x192 --seed=7 &&
        convert "$work"/page/*.png "$work/inner/synth-7-0003.png" -geometry +192+128 -composite "$work/mixed.png"
    auto --explain "$work/mixed.png" >"$work/explained"
    grep -q '% of it: text (' "$work/explained" && grep -qE '% of it: (photo|texture|portrait) \(' "$work/explained"
    check "a photograph in a screenshot is told apart from it" $?
    grep -q "scales differ: the larger part's model takes all of it" "$work/explained" && auto -o "$work/all.png" "$work/mixed.png" &&
        grep -q "text and .*: all of it by text.pth, 2 times, as their models' scales differ" "$work/log"
    check "models of different scales are not mixed, which is said" $?
    table '{"photo": {"model": "photo.pth"}, "text": {"model": "text.pth"}}'
    auto -o "$work/both.png" "$work/mixed.png" && grep -q 'text: text.pth, 4 times; and .* % of it .*: photo.pth, 4 times' "$work/log" &&
        "$UNMUSH" upscale -q --model="$published" -o "$work/alone.png" "$work/mixed.png" &&
        [ "$(compare -metric AE -fuzz 0.5% "$work/both.png" "$work/alone.png" null: 2>&1)" = 0 ]
    check "a mixture of two copies of a model is what one makes of the picture" $?
}

pictures
explanations
errors
if [ -e "$published" ]; then
    models
    mixtures
else
    skip "models (needs the shared weights)"
fi
summary

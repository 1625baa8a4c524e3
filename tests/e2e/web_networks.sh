#!/bin/bash
# Every generator's ONNX file in onnxruntime-web (WebAssembly, in headless Chromium) against libtorch: four odd sizes, one of them
# a batch of two, in float32 and float16. See lib.sh for the environment.
. "$(dirname "$0")/lib.sh"

LIMIT=1e-5 DEEP_LIMIT=5e-5 HALF_LIMIT=2e-3
ODD="1x23x17 2x33x21 1x41x39 1x9x50" EVEN="1x24x18 2x32x22 1x42x38 1x10x50"

chromium=$(browser)
if [ -z "$chromium" ] || ! web_runtime; then
    skip "networks in a browser (chromium, node, npm or its package cannot be had here)"
    summary
    exit
fi

names=()
network() { # NAME SCALE{...} [SIZES]
    mkdir -p "$work/cases/$1"
    "$UNMUSH_BUILD/reference_output" "$2" "$work/cases/$1" ${3:-$ODD} && names+=("$1")
    check "$1 is exported" $?
}
network srvgg '4{"type":"srvgg"}'
network rrdb '4{"type":"rrdb","blocks":6}'
network rrdb-x2 '2{"type":"rrdb","blocks":3}' "$EVEN" # its input is folded by two
network edsr '3{"type":"edsr"}'
network msrresnet '4{"type":"msrresnet"}'
network span '4{"type":"span","norm":false}'
network realplksr '3{"type":"realplksr","features":32,"blocks":4,"norm":"layer"}'
network swinir '4{"type":"swinir","features":60,"layers":4,"upsampler":"pixelshuffledirect"}'

timeout 500 node "$here/../onnx/compare_in_browser.js" "$chromium" "$work/profile" "$UNMUSH_WEB_RUNTIME/node_modules/onnxruntime-web/dist" "$work/cases" "${names[@]}" >"$work/differences"
check "onnxruntime-web runs every network at every size" $?
while read -r name size difference; do
    limit=$DEEP_LIMIT
    [ "$name" != srvgg ] || limit=$LIMIT
    [[ $name != */half ]] || limit=$HALF_LIMIT
    awk -v value="$difference" -v limit="$limit" 'BEGIN { exit !(value + 0 == value && value <= limit + 0) }'
    check "onnxruntime-web differs from libtorch by at most $limit on $name at $size: $difference" $?
done <"$work/differences"
[ "$(wc -l <"$work/differences")" -ge $((4 * ${#names[@]})) ]
check "none was left out" $?
summary

#!/bin/bash
# ONNX in float16 and int8 from outside: ONNX's checker, ONNX Runtime against libtorch in float32, and what int8 costs.
# reference_output lies in the build folder. See lib.sh for the environment.
. "$(dirname "$0")/lib.sh"

HALF_LIMIT=2e-3

# ONNX's checker, from whichever Python has it.
python_with_onnx() {
    for python in /usr/bin/python3 python3; do
        "$python" -c 'import onnx' 2>/dev/null && echo "$python" && return
    done
}

accepted() { # WHAT MODEL.onnx
    local python
    python=$(python_with_onnx)
    if [ -z "$python" ]; then
        skip "the ONNX checker accepts $1 (no Python with the onnx module here)"
        return
    fi
    "$python" "$here/../onnx/check.py" "$2" >"$work/interface"
    check "the ONNX checker accepts $1" $?
}

# A network with initial weights in float16, against libtorch in float32.
half() { # NETWORK CASES
    local file=$work/cases/network.half.onnx
    [ "$1" = --operations ] && file=$work/cases/operations.half.onnx
    mkdir -p "$work/cases"
    "$UNMUSH_BUILD/reference_output" "$1" "$work/cases" $2
    check "$1 is written in float16" $?
    accepted "$1 in float16" "$file"
    if ! onnx_runtime; then
        skip "ONNX Runtime agrees on $1 in float16 (node, npm or its package cannot be had here)"
        return
    fi
    node "$here/../onnx/compare.js" "$file" "$work/cases" $2 >"$work/differences"
    check "ONNX Runtime runs $1 in float16" $?
    sort -rgk 2 "$work/differences" | awk -v limit=$HALF_LIMIT '
        NR == 1 { print $2; bad = !($2 + 0 == $2 && $2 <= limit + 0) } END { exit bad || !NR }' >"$work/largest"
    check "it differs from libtorch in float32 by at most $HALF_LIMIT on $1: $(cat "$work/largest")" $?
}

odd="1x23x17 2x33x21 1x41x39 2x9x35" even="1x24x18 2x32x22 1x42x38 2x10x34"
half --operations "$even"
half '4{"type":"srvgg"}' "$odd"
half '4{"type":"rrdb","blocks":6}' "$odd"
half '2{"type":"rrdb","blocks":6}' "$even"
half '3{"type":"edsr"}' "$odd"
half '4{"type":"msrresnet"}' "$odd"
half '4{"type":"span","norm":false}' "$odd"
half '4{"type":"swinir","features":60,"layers":4,"upsampler":"pixelshuffledirect"}' "$odd"
half '3{"type":"swinir","features":24,"layers":1,"depth":2,"window":4,"picture":8}' "$odd"
half '3{"type":"realplksr","features":16,"blocks":2,"norm":"layer"}' "$odd"
half '2{"type":"realplksr","features":16,"blocks":2,"norm":"group"}' "$odd"
# ---- int8 ----------------------------------------------------------------------------------------

photos=$UNMUSH_SHARED/photos/set5
model=$UNMUSH_SHARED/weights/realesr-animevideov3-x4.pth

# The mean PSNR-Y of a model over a picture.
psnr() { # MODEL FOLDER
    "$UNMUSH" eval -q -o "$work/judged" --scale=4 --hr="$2" --degrade=bicubic --baseline=nearest --model=it="$1" \
        >"$work/log" 2>&1
    sed -n 's/^it,mean,\([0-9.]*\),.*/\1/p' "$work/judged/metrics.csv"
    rm -rf "$work/judged"
}

near() { # A B LIMIT
    awk -v a="$1" -v b="$2" -v limit="$3" 'BEGIN { exit !(a > 0 && b > 0 && (a - b) ^ 2 <= limit ^ 2) }'
}

int8() {
    local own runtime
    mkdir "$work/bird" && cp "$photos"/bird.* "$work/bird"
    "$UNMUSH" export "$model" -o "$work/int8.onnx" --int8 --calibrate="$photos" --pictures="$work/bird" --verify >"$work/stdout"
    check "the published network goes to int8" $?
    grep -q 'on 1 pictures: PSNR-Y .* in int8 (costs .*smoothing .*hallucination' "$work/stdout"
    check "it says what that costs: $(sed -n 's/^verified.*\(PSNR[^)]*)\).*/\1/p' "$work/stdout")" $?
    [ "$(stat -c %s "$work/int8.onnx")" -lt 800000 ]
    check "the file has a third of the size" $?
    accepted "int8" "$work/int8.onnx"
    own=$(UNMUSH_ONNXRUNTIME= psnr "$work/int8.onnx" "$work/bird")
    near "$own" "$(psnr "$model" "$work/bird")" 0.3
    check "eval runs it: $own dB" $?
    refused "a file that costs more than --limit is not kept" 1 'costs .* dB of PSNR-Y .*more than --limit=0$' \
        "$UNMUSH" export -q "$model" -o "$out/m.onnx" --int8 --calibrate="$work/bird" --pictures="$photos" --verify --limit=0
    refused "--int8 without pictures is a usage error" 2 'needs --calibrate' "$UNMUSH" export "$model" -o "$out/m.onnx" --int8
    refused "--int8 and --half exclude each other" 2 'either --half or --int8' \
        "$UNMUSH" export "$model" -o "$out/m.onnx" --int8 --half --calibrate="$work/bird"
    refused "pictures that are not there are named" 1 'no/such' \
        "$UNMUSH" export "$model" -o "$out/m.onnx" --int8 --calibrate=/no/such
    if ! onnx_runtime_library; then
        skip "ONNX Runtime runs int8 like our own reader (node, npm or its package cannot be had here)"
        return
    fi
    runtime=$(psnr "$work/int8.onnx" "$work/bird")
    near "$own" "$runtime" 0.03
    check "ONNX Runtime runs int8 like our own reader: $runtime and $own dB" $?
}

if [ -d "$photos" ] && [ -e "$model" ]; then
    int8
else
    skip "int8 (no photographs or weights in $UNMUSH_SHARED)"
fi
summary

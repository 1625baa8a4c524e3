#!/bin/bash
# ONNX in float16 from outside: ONNX's checker, and ONNX Runtime against libtorch in float32.
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
summary

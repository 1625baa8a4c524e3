#!/bin/bash
# ONNX files as models: `unmush upscale` and `unmush eval` through ONNX Runtime and through our own reader.
# See lib.sh for the environment.
. "$(dirname "$0")/lib.sh"

foreign=$here/../fixtures/onnx
published=$UNMUSH_SHARED/weights/realesr-animevideov3-x4.pth
bird=$(find "$UNMUSH_SHARED/photos/set5" -name 'bird.*' 2>/dev/null | head -1)

# The mean of METRIC over the pictures of a metrics.json with one method; "null" where it is infinite.
mean() { # FOLDER METRIC
    tr -d ' \n\t' <"$1/metrics.json" | grep -o '"mean":{[^}]*}' | head -1 |
        grep -oE "\"$2\":(null|[-0-9.e+]+)" | cut -d: -f2
}

# Pictures of the same names that differ by far less than a level.
same_pictures() { # FOLDER FOLDER
    local psnr
    "$UNMUSH" eval -q -o "$work/same" --scale=2 --hr="$1" --images=other="$2" --baseline=none >/dev/null 2>&1 || return 1
    psnr=$(mean "$work/same" psnr_rgb)
    rm -r "$work/same"
    [ "$psnr" = null ] || awk -v psnr="$psnr" 'BEGIN { exit !(psnr > 80) }'
}

# A file whose first bias is not a number: its values follow the last mention of its name.
break_model() { # FROM TO
    local at
    cp "$1" "$2"
    at=$(grep -abo body.0.bias "$2" | tail -1 | cut -d: -f1)
    printf '\0\0\300\177' | dd of="$2" bs=1 seek=$((at + 13)) conv=notrunc status=none
}

own_reader() {
    local file
    "$UNMUSH" synth -q -o "$work/pictures" --count=2 --size=40x32 --seed=5
    one=$(ls "$work/pictures" | head -1)
    for file in compact-9 compact-17 rrdb-13 rrdb-x2-16 mixed-14; do
        "$UNMUSH" upscale --onnx=own --model="$foreign/$file.onnx" -o "$work/own/$file" "$work/pictures/" 2>"$work/log" &&
            [ "$(ls "$work/own/$file" | wc -l)" = 2 ] && grep -q 'own reader' "$work/log"
        check "our own reader enlarges with $file.onnx, and says so" $?
    done
    "$UNMUSH" info "$foreign/compact-9.onnx" | grep -q 'SRVGGNetCompact.*enlarges by 2'
    check "info recognises a published network in a foreign file" $?
    "$UNMUSH" export -q "$foreign/rrdb-13.onnx" -o "$work/rrdb.safetensors" --verify &&
        "$UNMUSH" upscale -q --model="$work/rrdb.safetensors" -o "$work/again" "$work/pictures" &&
        same_pictures "$work/own/rrdb-13" "$work/again"
    check "it becomes a safetensors file that gives the same pictures" $?
    break_model "$foreign/compact-17.onnx" "$work/broken.onnx"
    refused "pixels that are no numbers name model and picture" 1 "$one.*broken.onnx: the output has NaN pixels" \
        "$UNMUSH" upscale -q --onnx=own --model="$work/broken.onnx" -o "$out/" "$work/pictures/$one"
    refused "a model of another scale names both" 1 'enlarges by 2, --scale asks for 4' \
        "$UNMUSH" eval -q --onnx=own -o "$out/eval" --scale=4 --hr="$work/pictures" --model="$foreign/compact-9.onnx"
    head -c 3000 "$foreign/compact-17.onnx" >"$work/cut.onnx"
    refused "a truncated file is named" 1 'cut.onnx' \
        "$UNMUSH" upscale -q --model="$work/cut.onnx" -o "$out/" "$work/pictures/$one"
    UNMUSH_ONNXRUNTIME=/no/such/library.so refused "a runtime that is not there is named" 1 '/no/such/library.so' \
        "$UNMUSH" upscale -q --model="$foreign/compact-17.onnx" -o "$out/" "$work/pictures/$one"
}

runtime() {
    local file
    if ! onnx_runtime_library; then
        skip "ONNX Runtime gives the same pictures (node, npm or its package cannot be had here)"
        return
    fi
    for file in compact-17 rrdb-13 mixed-14; do
        "$UNMUSH" upscale --onnx=runtime --model="$foreign/$file.onnx" -o "$work/run/$file" "$work/pictures/" 2>"$work/log" &&
            grep -q 'computed by ONNX Runtime [0-9]' "$work/log" &&
            same_pictures "$work/own/$file" "$work/run/$file"
        check "ONNX Runtime gives the same pictures with $file.onnx" $?
    done
    refused "ONNX Runtime's pixels that are no numbers name model and picture" 1 \
        "$one.*broken.onnx: the output has NaN pixels" \
        "$UNMUSH" upscale -q --onnx=runtime --model="$work/broken.onnx" -o "$out/" "$work/pictures/$one"
    if [ -z "$bird" ] || ! [ -e "$published" ]; then
        skip "both judge the published network alike (no photographs or weights in $UNMUSH_SHARED)"
        return
    fi
    mkdir "$work/bird" && cp "$bird" "$work/bird"
    "$UNMUSH" export -q "$published" -o "$work/published.onnx"
    for engine in runtime own; do
        "$UNMUSH" eval -q --onnx=$engine -o "$work/eval-$engine" --scale=4 --hr="$work/bird" --baseline=none \
            --model="$work/published.onnx" >/dev/null 2>&1
        check "eval judges the published network as ONNX (--onnx=$engine)" $?
    done
    grep -q '"engine":.*ONNX Runtime' "$work/eval-runtime/metrics.json" &&
        grep -q '"engine":.*own reader' "$work/eval-own/metrics.json"
    check "metrics.json says what ran it" $?
    awk -v a="$(mean "$work/eval-runtime" psnr_y)" -v b="$(mean "$work/eval-own" psnr_y)" \
        'BEGIN { exit !(a > 20 && (a - b) ^ 2 < 1e-6) }'
    check "both judge it alike: $(mean "$work/eval-runtime" psnr_y) and $(mean "$work/eval-own" psnr_y) dB" $?
    refused "eval names the model of pixels that are no numbers, and the picture" 1 \
        'bird.*broken.onnx: the output has NaN pixels' \
        "$UNMUSH" eval -q --onnx=runtime -o "$out/eval" --scale=4 --hr="$work/bird" --model="$work/broken.onnx"
}

own_reader
runtime
summary

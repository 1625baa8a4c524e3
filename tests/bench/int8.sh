#!/bin/bash
# int8 against float32 in ONNX Runtime: what it costs in PSNR-Y on Set5 x4, then the time of both, in turns, with one
# thread and with two. MODEL is a generator that enlarges by 4; default: the published srvgg.
#   UNMUSH=build/unmush tests/bench/int8.sh [MODEL]
# The bar: at most 0.3 dB, and faster. Needs ONNX Runtime for Node (fetched by tests/e2e/lib.sh) and the folder of photographs.
. "$(dirname "$0")/../e2e/lib.sh"

model=${1:-$UNMUSH_SHARED/weights/realesr-animevideov3-x4.pth}
if ! onnx_runtime_library || ! has_shared photos/set5 || ! [ -e "$model" ]; then
    echo "needs ONNX Runtime for Node, $UNMUSH_SHARED/photos and $model"
    exit 1
fi
"$UNMUSH" export "$model" -o "$work/fp32.onnx" -q && "$UNMUSH" export "$model" -o "$work/fp16.onnx" --half -q || exit 1
"$UNMUSH" export "$model" -o "$work/int8.onnx" --int8 --calibrate="$UNMUSH_SHARED/photos/train" \
    --pictures="$UNMUSH_SHARED/photos/set5" --verify
check "int8 costs at most 0.3 dB on Set5" $?
ls -l "$work"/*.onnx | awk '{ printf "%s: %d bytes\n", $NF, $5 }' | sed "s|$work/||"
for threads in 1 2; do
    node "$here/../onnx/time.js" $threads 160x120 9 "$work/fp32.onnx" "$work/int8.onnx" "$work/fp16.onnx" |
        sed "s|$work/||" | tee "$work/times"
    awk '/^int8/ { exit !($NF > 1) }' "$work/times"
    check "int8 is faster with $threads thread(s)" $?
done
summary

#!/bin/bash
# `unmush export` from outside: ONNX's checker and ONNX Runtime on what it writes, and bad input.
# reference_output lies in the build folder. See lib.sh for the environment.
. "$(dirname "$0")/lib.sh"

LIMIT=1e-5
DEEP_LIMIT=5e-5
CASES="1x23x17 2x23x17 1x64x64 2x64x64 1x97x130 2x97x130" # N, height, width

# ONNX's checker, from whichever Python has it.
python_with_onnx() {
    for python in /usr/bin/python3 python3; do
        "$python" -c 'import onnx' 2>/dev/null && echo "$python" && return
    done
}

within() { # VALUE LIMIT
    awk -v value="$1" -v limit="$2" 'BEGIN { exit !(value + 0 == value && value <= limit + 0) }'
}

run_checker() { # MODEL.onnx SCALE
    local python
    python=$(python_with_onnx)
    if [ -z "$python" ]; then
        skip "the ONNX checker accepts the file (no Python with the onnx module here)"
        return
    fi
    "$python" "$here/../onnx/check.py" "$1" >"$work/interface"
    check "the ONNX checker accepts the file" $?
    printf '%s\n' 'input batch 3 height width' "output batch 3 height*$2 width*$2" |
        cmp -s - "$work/interface"
    check "input and output have open batch, height and width" $?
}

# ONNX Runtime and reference_output on the same pictures. MODEL is what reference_output runs.
run_runtime() { # WHAT MODEL MODEL.onnx CASES [LIMIT]
    local limit=${5:-$LIMIT}
    if ! onnx_runtime; then
        skip "ONNX Runtime agrees with libtorch on $1 (node, npm or its package cannot be had here)"
        return
    fi
    mkdir -p "$work/cases"
    "$UNMUSH_BUILD/reference_output" "$2" "$work/cases" $4 &&
        node "$here/../onnx/compare.js" "$3" "$work/cases" $4 >"$work/differences"
    check "ONNX Runtime runs $1 at every size" $?
    while read -r name difference; do
        within "$difference" "$limit"
        check "ONNX Runtime differs from libtorch by at most $limit on $1 at $name: $difference" $?
    done <"$work/differences"
}

# Networks of published depth with initial weights, at odd sizes (multiples where unshuffled).
generators() {
    local odd="1x23x17 2x33x21 1x41x39" even="1x24x18 2x32x22 1x42x38"
    deep() { run_runtime "$1" "$2" "$work/cases/network.onnx" "$3" $DEEP_LIMIT; }
    run_runtime srvgg '4{"type":"srvgg"}' "$work/cases/network.onnx" "$odd"
    deep "rrdb of 6 blocks" '4{"type":"rrdb","blocks":6}' "$odd"
    deep "rrdb x2" '2{"type":"rrdb","blocks":6}' "$even"
    [ ! -e "$work/cases/network.onnx" ] ||
        "$UNMUSH" export "$work/cases/network.onnx" -o "$work/x2.onnx" --verify | grep -q 'sizes 17x23,'
    check "a network that takes even sizes is exported for odd ones, too" $?
    deep "edsr" '3{"type":"edsr"}' "$odd"
    deep "msrresnet" '4{"type":"msrresnet"}' "$odd"
    deep "span" '4{"type":"span","norm":false}' "$odd"
}

# --verify through ONNX Runtime's C library, which also runs what our own reader does not.
verified_by_runtime() {
    if ! onnx_runtime_library; then
        skip "--verify asks ONNX Runtime (node, npm or its package cannot be had here)"
        return
    fi
    "$UNMUSH" export "$1" -o "$work/runtime.onnx" --verify >"$work/stdout" &&
        grep -q 'verified by ONNX Runtime [0-9]' "$work/stdout"
    check "--verify asks ONNX Runtime where it is installed: $(sed -n 's/^verified.*\(largest[^)]*)\).*/\1/p' "$work/stdout")" $?
    UNMUSH_ONNXRUNTIME=/no/such/library.so refused "a runtime that is not there is named" 1 '/no/such/library.so' \
        "$UNMUSH" export "$1" -o "$out/m.onnx" --verify
}

# The published network as .pth again, through PyTorch's own torch.load.
as_pth() {
    "$UNMUSH" export "$1" -o "$work/model.pth" --verify >"$work/stdout" &&
        grep -q 'opens in: spandrel and chaiNNer as Compact, x4, 64 features, 16 convolutions' "$work/stdout"
    check "it goes to .pth, which says where it opens" $?
    if ! /usr/bin/python3 -c 'import torch' 2>/dev/null; then
        skip "PyTorch loads the .pth (no Python with torch here)"
        return
    fi
    /usr/bin/python3 "$here/../onnx/same_pth.py" "$1" "$work/model.pth"
    check "PyTorch loads the .pth: the same keys in the same order, the same values" $?
}

# The published network for Upscayl: the same layers in the same order as its published .param.
as_ncnn() {
    "$UNMUSH" export "$1" -o "$work/anime.param" --verify >"$work/stdout" &&
        grep -q 'opens in: Upscayl as a custom model (which takes its scale from its name: add x4 to it)' "$work/stdout" &&
        [ "$(stat -c %s "$work/anime.bin")" -lt 1300000 ]
    check "it goes to a pair of files for ncnn, of half the size" $?
    { echo Input && echo Split && for _ in $(seq 17); do echo Convolution && echo PReLU; done &&
        echo Convolution && echo PixelShuffle && echo Interp && echo BinaryOp; } >"$work/layers"
    sed 1,2d "$work/anime.param" | cut -d' ' -f1 | cmp -s - "$work/layers"
    check "with the published file's layers in their order" $?
}

published() {
    local model=$UNMUSH_SHARED/weights/realesr-animevideov3-x4.pth
    if ! [ -e "$model" ]; then
        skip "the published network is exported (no $model)"
        return
    fi
    "$UNMUSH" export "$model" -o "$work/model.onnx" --verify >"$work/stdout"
    check "the published network is exported and verified" $?
    grep -qE 'verified by (our own reader|ONNX Runtime [0-9.]+): largest difference' "$work/stdout"
    check "it says what verified it, and the largest difference" $?
    verified_by_runtime "$model"
    run_checker "$work/model.onnx" 4
    run_runtime "the published network" "$model" "$work/model.onnx" "$CASES"

    "$UNMUSH" export "$model" -o "$work/model.safetensors" --verify >/dev/null &&
        "$UNMUSH" export "$work/model.safetensors" -o "$work/again.onnx" -q
    check "it goes through safetensors too" $?
    as_pth "$model"
    as_ncnn "$model"
    "$UNMUSH" export "$model" -o "$work/model.bin" --format=onnx --json | grep -q '"format":"onnx"'
    check "--format and --json say what was written" $?
    cmp -s "$work/model.bin" "$work/model.onnx"
    check "the same model gives the same bytes" $?

    refused "an unknown extension is a usage error" 2 'ends in none of .onnx, .safetensors, .pth' \
        "$UNMUSH" export "$model" -o "$out/model.xyz"
    refused "a folder that does not exist is named" 1 'no/such/folder' \
        "$UNMUSH" export "$model" -o "$out/no/such/folder/m.onnx" --verify
    head -c 100000 "$model" >"$work/cut.pth"
    refused "a truncated model is named and leaves nothing" 1 'cut.pth' \
        "$UNMUSH" export "$work/cut.pth" -o "$out/m.onnx" --verify
    if small_disk 1m; then
        watched=$disk refused "a full disk is one line and leaves nothing" 1 'No space left' \
            "$UNMUSH" export "$model" -o "$disk/m.onnx" --verify
    else
        skip "a full disk is one line and leaves nothing (no right to mount here)"
    fi
}

"$UNMUSH" export --help | grep -q 'example:'
check "--help shows an example" $?
run_runtime "every operation" --operations "$work/cases/operations.onnx" "1x22x18 2x64x64 1x98x130"
generators
# Networks by their names in configs, SCALE{...}, at odd sizes.
deep='1x23x17 2x9x8 1x33x50'
for network in '2{"type":"swinir","features":12,"layers":2,"depth":2,"heads":3,"picture":16,"upsampler":"pixelshuffledirect"}' \
    '3{"type":"swinir","features":24,"layers":1,"depth":2,"window":4,"picture":8}' \
    '4{"type":"swinir","features":60,"layers":4,"upsampler":"pixelshuffledirect"}' \
    '3{"type":"realplksr","features":16,"blocks":2,"norm":"layer"}' \
    '2{"type":"realplksr","features":16,"blocks":2,"norm":"group"}'; do
    run_runtime "$network" "$network" "$work/cases/network.onnx" "$deep" 5e-5
    [ -e "$work/cases/network.onnx" ] && run_checker "$work/cases/network.onnx" "${network%%\{*}"
done
published
summary

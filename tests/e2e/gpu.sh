#!/bin/bash
# What a GPU computes is what the processor computes, and the same again. On a real GPU where libtorch
# has one; and, where libtorch knows of none, on two pretended ones (tests/gpu/pretended.cc), whose
# memory nobody else may touch.
. "$(dirname "$0")/lib.sh"
cd "$work" || exit 1
pretended=$UNMUSH_BUILD/libunmush_pretended.so

try() { # SENTENCE COMMAND...
    "${@:2}" >tried 2>&1
    local status=$?
    [ $status -eq 0 ] || tail -n 5 tried
    check "$1" $status
}

on_processor() {
    env -u UNMUSH_TENSOR_LIBRARY CUDA_VISIBLE_DEVICES= "$@"
}

train() { # RUN OPTION...
    "$UNMUSH" train try.json -q --threads=1 -o "$@"
}

trains() { # OPTION...: the processor's losses, on one rank and on two
    rm -rf here there ranks
    train here "$@" && train ranks --ranks=2 "$@" && on_processor "$UNMUSH" train try.json -q -o there "$@" &&
        near_losses here there 8 && near_losses here ranks 8
}

resumes() { # OPTION...: 4 + 4 steps are 8, bit for bit
    rm -rf whole parts
    train whole "$@" && cp -r whole parts && rm parts/checkpoint-8.h5 parts/*.safetensors &&
        train parts --resume "$@" || return 1
    losses whole >first && losses parts >second && cmp first second && cmp whole/model.safetensors parts/model.safetensors
}

# No byte of the picture differs by more than 1.
upscales() {
    local picture=pictures/synth-0-0001.png
    mkdir -p true made
    "$UNMUSH" upscale -q --model=here/model.safetensors -o made/a.png $picture &&
        on_processor "$UNMUSH" upscale -q --model=here/model.safetensors -o true/a.png $picture &&
        on_processor "$UNMUSH" eval -q -o report --scale=4 --hr=true --images=made || return 1
    rm -r report
    awk '$1 == "made" { near = $2 == "-" || $2 > 48 } END { exit !near }' tried
}

gpu() { # NAME
    "$UNMUSH" --version | grep -q 'libtorch.*(cuda)'
    check "$1: tensors lie on it" $?
    try "$1: the tensor room's tests" "$UNMUSH_BUILD/test_tensor"
    try "$1: the training room's tests" "$UNMUSH_BUILD/test_train"
    try "$1: two ranks exchange gradients" ranks 2 "$UNMUSH_BUILD/test_train" ranks
    try "$1: L1 learns as on the processor, on two ranks, too" trains
    try "$1: pictures are enlarged as on the processor" upscales
    try "$1: windows learn as on the processor, on two ranks, too" trains "$windows"
    try "$1: adversaries learn as on the processor, on two ranks, too" trains "${judged[@]}"
    try "$1: 4 + 4 steps are 8" resumes
    try "$1: 4 + 4 steps are 8 in bf16" resumes precision=bf16
}

"$UNMUSH" synth -q -o pictures --count=4 --size=160x160 || exit 1
"$UNMUSH" pairs -q -o pairs.h5 --scale=4 --tile=96 pictures || exit 1
cat >try.json <<'END'
{"name": "try", "scale": 4, "batch": 4, "crop": 16, "precision": "fp32",
 "generator": {"type": "srvgg", "features": 8, "convs": 2},
 "data": {"train": [{"pairs": "pairs.h5"}]},
 "checkpoint": {"every": 4, "keep": 10}, "log": {"every": 1},
 "stages": [{"name": "all", "steps": 8, "rate": 1e-4, "loss": {"l1": 1}}]}
END
windows='generator={"type":"swinir","features":12,"layers":1,"depth":2,"heads":2,"picture":16,"upsampler":"pixelshuffledirect"}'
judged=('discriminator={"type":"unet","features":8}' 'stages[0].rate=2e-5'
    'stages[0].loss={"l1":1,"adversarial":{"kind":"relativistic","weight":0.1}}')

if "$UNMUSH" --version | grep -q 'libtorch.*(cuda)'; then
    gpu "a GPU"
else
    skip "a GPU: libtorch has none here"
fi
if [ -e "$pretended" ]; then
    export UNMUSH_TENSOR_LIBRARY=$pretended
    gpu "a pretended GPU"
else
    skip "a pretended GPU: this libtorch has real ones"
fi
summary

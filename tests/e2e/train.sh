#!/bin/bash
# Trains end to end: bit-for-bit resuming, ranks that agree, signals, bad input.
. "$(dirname "$0")/lib.sh"
configs=$(cd "$here/../../configs" && pwd)
cd "$work" || exit 1

# try SENTENCE COMMAND...: runs the command, counts, and shows its last lines where it fails.
try() {
    local sentence=$1 status
    shift
    "$@" >tried 2>&1
    status=$?
    [ $status -eq 0 ] || tail -n 5 tried
    check "$sentence" $status
}

# refuses TEXT COMMAND...: the command fails with one line that contains TEXT; mpirun may add remarks.
refuses() {
    text=$1
    shift
    if "$@" >refused 2>&1; then
        echo "succeeded: $*"
        return 1
    fi
    cat refused
    [ "$(grep -c '^unmush: ' refused)" -eq 1 ] && grep -qF -- "$text" refused
}

# same_models A B: every model of two runs has the same bytes.
same_models() {
    for name in l1 adversarial model; do
        cmp "$1/$name.safetensors" "$2/$name.safetensors" || return 1
    done
}

train() {
    "$UNMUSH" train try.json -q --threads=1 "$@"
}

# interrupt SIGNAL RUN OPTION...: trains until the log has a line of step 8, then sends the signal;
# the run must say how to go on.
interrupt() {
    signal=$1
    run=$2
    shift 2
    "$UNMUSH" train try.json -q --threads=1 -o "$run" "$@" 'stages[0].steps=100000' 2>stopped &
    pid=$!
    while kill -0 $pid && ! grep -q '"step":8' "$run/log.jsonl"; do sleep 0.1; done 2>/dev/null
    kill -s "$signal" $pid
    if wait $pid; then return 1; fi
    cat stopped
    step=$(sed -n 's/.*interrupted at step \([0-9]*\), continue with --resume/\1/p' stopped)
    [ -f "$run/checkpoint-$step.h5" ]
}

# goes_on RUN OPTION...: resumes and trains 3 steps more than were logged, and the next stage.
goes_on() {
    run=$1
    shift
    step=$(sed -n '$s/.*"step":\([0-9]*\).*/\1/p' "$run/log.jsonl")
    train -o "$run" --resume "$@" "stages[0].steps=$((step + 3))" 'stages[1].steps=1' &&
        [ -f "$run/model.safetensors" ]
}

# kills_a_rank RUN: kill -9 of one of two ranks ends the run within 30 s, with a line that says so;
# One backend begins a run, the other goes on with it.
changes_backend() {
    train -o moved backend=torch precision=bf16 'stages[0].steps=2' 'stages[1].steps=1' || return 1
    "$UNMUSH" train try.json --threads=1 -o moved --resume backend=fused precision=bf16 'stages[0].steps=2' \
        'stages[1].steps=2' >moved.txt 2>&1 || return 1
    cat moved.txt
    grep -q 'the backend was torch, now it is fused; results will differ' moved.txt &&
        grep -q 'generator: fused, bf16 maps, .* convolutions: .*(backend fused, precision as configured)' moved.txt &&
        grep -q 'discriminator: fused, bf16 maps' moved.txt && grep -q '"backend":.*"fused"' moved/config.json
}

# --resume goes on from it.
kills_a_rank() {
    "$UNMUSH" train try.json -q --threads=1 -o "$1" --ranks=2 'stages[0].steps=100000' 2>"$1.err" &
    pid=$!
    while kill -0 $pid && ! [ -e "$1/checkpoint-10.h5" ]; do sleep 0.1; done 2>/dev/null
    rank=$(child_of "$(child_of $pid)")
    kill -9 "$rank"
    began=$(date +%s)
    if wait $pid; then return 1; fi
    [ $(($(date +%s) - began)) -le 30 ] && grep -q '^unmush: signal 9 ended a rank' "$1.err" || return 1
    goes_on "$1" --ranks=2
}

# resumes PRECISION RANKS [OPTION]: 10 steps in one go, and again from the checkpoint of step 5 after
# forgetting everything since; the same across the border between stages.
resumes() {
    local options=(precision="$1" --ranks="$2" 'stages[0].steps=7' 'stages[1].steps=3' "${@:3}")
    rm -rf whole parts
    train -o whole "${options[@]}" || return 1
    cp -r whole parts && rm parts/checkpoint-7.h5 parts/checkpoint-10.h5 parts/*.safetensors || return 1
    train -o parts --resume "${options[@]}" || return 1
    same_models whole parts && losses whole >first && losses parts >second && cmp first second
}

# leaves_out: two of the folder's pictures are validated, and only the others trained on.
leaves_out() {
    "$UNMUSH" train try.json --threads=1 -o apart "$fly" 'stages[0].steps=1' 'stages[1].steps=1' \
        data.validation.hr=pictures data.validation.images=2 2>said || return 1
    cat said
    grep -q 'data.train\[0\]: 2 pictures are left out, which validation shows' said &&
        grep -q '; 2 pictures; x4' said &&
        refuses "data.validation.images: the run began with 2" train -o apart --resume "$fly" \
            'stages[0].steps=1' 'stages[1].steps=1' data.validation.hr=pictures \
            data.validation.images=1
}

"$UNMUSH" synth -q -o pictures --count=4 --size=160x160 || exit 1
"$UNMUSH" pairs -q -o pairs.h5 --scale=4 --tile=96 pictures || exit 1
"$UNMUSH" pairs -q -o pairs2.h5 --scale=2 --tile=96 pictures || exit 1
"$UNMUSH" synth -q -o others --count=3 --size=96x80 --seed=9 || exit 1
# LR versions of pictures: any of the right size do.
mkdir smaller
"$UNMUSH" synth -q -o smaller --count=4 --size=40x40 || exit 1
cat >try.json <<'END'
{"name": "try", "scale": 4, "batch": 16, "crop": 16, "precision": "fp32",
 "generator": {"type": "srvgg", "features": 8, "convs": 2},
 "discriminator": {"type": "unet", "features": 8},
 "data": {"train": [{"pairs": "pairs.h5"}]},
 "checkpoint": {"every": 5, "keep": 10}, "log": {"every": 1},
 "stages": [
  {"name": "l1", "steps": 20, "rate": 1e-3, "schedule": "cosine", "loss": {"l1": 1}},
  {"name": "adversarial", "steps": 20, "rate": 1e-4, "discriminator_rate": 2e-4,
   "loss": {"l1": 1, "features": 1, "adversarial": {"kind": "vanilla", "weight": 0.1}}}]}
END

fly='data.train[0]={"hr":"pictures","degrade":"photo-web"}'
mixture='data.train=[{"pairs":"pairs.h5"},{"hr":"pictures","degrade":"realesrgan","weight":2},'
mixture+='{"hr":"pictures","lr":"smaller"},{"hr":"pairs2.h5","degrade":"bicubic"}]'
try "one rank trains both stages" train -o one
for ranks in 2 4; do
    try "$ranks ranks train too" train -o "ranks$ranks" --ranks=$ranks
    try "losses of $ranks ranks are those of one" near_losses one "ranks$ranks" 40
done
relativistic='stages[1].loss.adversarial.kind=relativistic'
try "relativistic losses train" train -o average1 "$relativistic"
try "relativistic losses train on 3 ranks, with uneven shares" \
    train -o average3 --ranks=3 "$relativistic"
try "relativistic losses of 3 ranks are those of one" near_losses average1 average3 40
patch='discriminator={"type":"patch","features":8,"norm":"batch"}'
short=('stages[0].steps=2' 'stages[1].steps=10' 'stages[1].rate=2e-5' 'stages[1].discriminator_rate=4e-5')
try "one rank trains against patches with batch norm" train -o batch1 "$patch" "${short[@]}"
for ranks in 2 4; do
    try "$ranks ranks do too" train -o "batch$ranks" --ranks=$ranks "$patch" "${short[@]}"
    try "batch norm takes the whole batch's statistics on $ranks ranks" \
        near_losses batch1 "batch$ranks" 12
done
try "5 + 5 steps are 10 with batch norm's statistics" resumes fp32 2 "$patch"
for ranks in 1 2; do
    try "5 + 5 steps are 10 on $ranks ranks in fp32" resumes fp32 $ranks
    try "5 + 5 steps are 10 on $ranks ranks in bf16" resumes bf16 $ranks
done
for ranks in 1 2; do
    try "5 + 5 steps are 10 on $ranks ranks with pairs made on the fly" resumes fp32 $ranks "$fly"
done
try "one rank trains on a mixture of all kinds of sources" train -o mixed1 "$mixture"
try "two ranks train on it with as good as no memory" \
    train -o mixed2 "$mixture" --ranks=2 data.memory=1
try "losses of both are the same" near_losses mixed1 mixed2 40
try "a model names its recipe" grep -q '"degradation\\":\\"realesrgan\\",\\"recipe\\":{' \
    mixed1/model.safetensors
try "validation pictures are left out of training" leaves_out
try "SIGTERM writes a checkpoint" interrupt TERM stopped1
try "SIGINT writes a checkpoint" interrupt INT stopped2
try "SIGTERM to a launched run writes a checkpoint" interrupt TERM stopped3 --ranks=2
try "a killed rank ends the others, and the run can go on" kills_a_rank killed
try "an interrupted run goes on" goes_on stopped1
try "a run that goes on with another backend says so" changes_backend
try "validation pictures are written and measured" train -o looked \
    data.validation.hr=others 'stages[0].steps=2' 'stages[1].steps=2' --ranks=2
try "every validation picture is there" test -f looked/validation/4-synth-9-0002.png
try "what was measured is in the log" grep -q '"validation":{"psnr_y":' looked/log.jsonl
try "a run starts from another's weights" train -o tuned \
    generator.weights=one/l1.safetensors 'stages[0].steps=2' 'stages[1].steps=2'

try "an existing run is refused" refuses "--resume continues it" train -o one
try "a changed config is refused on resuming" refuses "seed: the run began with 0" \
    train -o one --resume seed=1
try "pairs of another scale are refused" refuses "pairs2.h5: pairs of scale 2" \
    train -o no 'data.train[0].pairs=pairs2.h5'
try "missing pairs are refused" refuses "nowhere.h5" train -o no 'data.train[0].pairs=nowhere.h5'
try "missing pictures are refused" refuses "data.train[1].hr: nowhere" train -o no \
    'data.train=[{"pairs":"pairs.h5"},{"hr":"nowhere","degrade":"bicubic"}]'
try "missing LR folders are refused" refuses "data.train[0].lr: nowhere" train -o no \
    'data.train[0]={"hr":"pictures","lr":"nowhere"}'
try "unknown degradations are refused" refuses 'data.train[0].degrade: ' train -o no \
    'data.train[0]={"hr":"pictures","degrade":"sepia"}'
try "small pictures are refused by name" refuses \
    "3 of 3 pictures are too small for crops of 24, which need 112x112: others/synth-9-0000.png" \
    train -o no crop=24 'data.train[0]={"hr":"others","degrade":"bicubic"}'
try "crops that a discriminator of one size does not take are refused" refuses \
    "stages[1].crop: crops of 16 give HR pictures of 64 pixels, but the discriminator vgg takes 128" \
    train -o no 'discriminator={"type":"vgg"}'
try "missing start weights are refused" refuses "nowhere.pth" \
    train -o no generator.weights=nowhere.pth
try "missing VGG19 weights are refused" \
    refuses 'features.weights: nowhere.pth is missing: `unmush weights fetch vgg19`' \
    train -o no features.weights=nowhere.pth
UNMUSH_CACHE=nowhere try "VGG19 that was not fetched yet is named with what fetches it" \
    refuses 'nowhere/vgg19-dcbb9e9d.pth is missing: `unmush weights fetch vgg19` gets it' \
    train -o no features.weights=vgg19
try "crops larger than tiles are refused" refuses "too small for crops" \
    train -o no crop=32 'stages[1].crop=16'
try "fewer samples than ranks are refused" refuses "samples for 2 ranks" \
    train -o no --ranks=2 batch=1
try "missing validation pictures are refused" refuses "nowhere" \
    train -o no data.validation.hr=nowhere
try "unknown keys are refused" refuses 'try.json: stages[1].loss.gan: unknown key' \
    train -o no 'stages[1].loss.gan=1'
try "missing configs are refused" refuses "nowhere.json" "$UNMUSH" train nowhere.json -o no
try "infinite losses end the run by name" refuses "loss l1 is not finite" \
    train -o infinite 'stages[0].rate=10' 'stages[0].steps=3000' 'stages[0].warmup=0' \
    generator.features=64 generator.convs=16
try "the quickstart config is valid" refuses "runs/quickstart/pairs.h5" \
    "$UNMUSH" train "$configs/quickstart.json" -o no
try "the example config l1 is valid" refuses "stages[0].crop: pairs.h5: tiles of 24x24" \
    "$UNMUSH" train "$configs/l1.json" -o no
try "the example config adversarial is valid" refuses "generator: runs/l1/model.safetensors: cannot read" \
    "$UNMUSH" train "$configs/adversarial.json" crop=8 -o no
try "the example config real-world is valid" refuses "data.train[0].hr: photos" \
    "$UNMUSH" train "$configs/real-world.json" -o no data.validation.hr=others
try "refused runs leave nothing behind" test ! -e no

summary

#!/bin/bash
# What a run tells of itself: TensorBoard's event files, report.html; and how it goes back.
. "$(dirname "$0")/lib.sh"
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

train() {
    "$UNMUSH" train try.json -q --threads=1 "$@"
}

# Every number of the log is in the event files, and nothing else: "STEP TAG VALUE" lines.
same_numbers() { # RUN
    python3 "$here/read_events.py" "$1/tensorboard" >events || return 1
    python3 - "$1/log.jsonl" >lines <<'END'
import json, struct, sys
def numbers(value, path):
    for key, item in value.items():
        tag = f"{path}/{key}" if path else key
        if isinstance(item, dict): yield from numbers(item, tag)
        elif isinstance(item, (int, float)) and tag != "step": yield tag, item
rows = []
for line in map(json.loads, open(sys.argv[1])):
    rows += [(line["step"], tag, struct.unpack("<f", struct.pack("<f", v))[0]) for tag, v in numbers(line, "")]
for step, tag, value in sorted(rows): print(step, tag, repr(value))
END
    [ -s lines ] && cmp events lines
}

# diverges RUN OPTION...: trains at a rate at which losses soon are not finite; the run must end with
# a line that says so.
diverges() {
    run=$1
    shift
    if train -o "$run" "$@" "${wild[@]}" 2>"$run.err"; then return 1; fi
    cat "$run.err"
    [ "$(grep -c '^unmush: ' "$run.err")" -eq 1 ] &&
        grep -q '^unmush: .*step .* is not finite, after 2 roll-backs in this stage' "$run.err"
}

# Interrupts such a run after its first roll-back; again where it was over before.
diverges_interrupted() { # RUN
    local attempt
    for attempt in 1 2 3 4 5 6 7 8; do
        rm -rf "$1"
        "$UNMUSH" train try.json -q --threads=1 -o "$1" "${wild[@]}" 2>stopped &
        pid=$!
        while kill -0 $pid && ! grep -q 'attempt 1' "$1/log.jsonl"; do sleep 0.005; done 2>/dev/null
        kill -s TERM $pid 2>/dev/null
        if wait $pid; then return 1; fi
        ! grep -q 'interrupted at step' stopped || return 0
    done
    cat stopped
    return 1
}

# The lines of a log without its times.
told() { # RUN
    sed 's/,"seconds":.*//' "$1/log.jsonl"
}

same_story() { # A B
    told "$1" >first && told "$2" >second && cmp first second
}

"$UNMUSH" synth -q -o pictures --count=4 --size=160x160 || exit 1
"$UNMUSH" pairs -q -o pairs.h5 --scale=4 --tile=96 pictures || exit 1
cat >try.json <<'END'
{"name": "try", "scale": 4, "batch": 4, "crop": 16, "precision": "fp32",
 "generator": {"type": "srvgg", "features": 8, "convs": 2},
 "discriminator": {"type": "unet", "features": 8},
 "data": {"train": [{"pairs": "pairs.h5"}], "validation": {"hr": "pictures", "every": 3, "images": 2}},
 "checkpoint": {"every": 5, "keep": 10}, "log": {"every": 1},
 "stages": [
  {"name": "l1", "steps": 8, "rate": 1e-3, "loss": {"l1": 1}},
  {"name": "adversarial", "steps": 4, "rate": 1e-4,
   "loss": {"l1": 1, "features": 1, "adversarial": {"kind": "vanilla", "weight": 0.1}}}]}
END

# The report holds its curves, the baseline and pictures, and nothing from elsewhere.
is_report() { # RUN STATE
    ! grep -oE '(src|href)="[^"]*"' "$1/report.html" | grep -v '="data:' &&
        grep -q "$2" "$1/report.html" && grep -q '"losses/l1":' "$1/report.html" &&
        grep -q '"bicubic":{"psnr_y"' "$1/report.html" &&
        [ "$(grep -c '<figure><img' "$1/report.html")" -eq 8 ]
}

# The validations of a log.
validations() { # RUN
    grep -E '"(validation|baseline)"' "$1/log.jsonl"
}

try "a run with validation trains" train -o run
try "its report has curves, bicubic and pictures" is_report run 'Step 12 of 12, finished'
rm run/checkpoint-1*.h5 run/checkpoint-8.h5
for name in psnr honest; do
    try "the best model by $name is there and says so" \
        grep -qF 'criterion\":\"'$name run/best-$name.safetensors
    cp run/best-$name.safetensors first-$name
done
try "without its weights nothing is best by LPIPS" test ! -e run/best-lpips.safetensors
try "it goes on from an older checkpoint" train -o run --resume
try "its report does, too" is_report run 'Step 12 of 12, finished'
try "its best models are the same" eval "cmp run/best-psnr.safetensors first-psnr &&
    cmp run/best-honest.safetensors first-honest"
try "the baseline is measured once" test "$(grep -c '"baseline"' run/log.jsonl)" -eq 1
try "a run that is done is resumed" train -o run --resume
try "its report is whole again, with the newest pictures" is_report run 'Step 12 of 12, finished'
train -o threes --ranks=3 'stages[0].steps=1' 'stages[1].steps=1' 2>tried
train -o ones 'stages[0].steps=1' 'stages[1].steps=1' 2>tried
validations threes | head -1 >first && validations ones | head -1 >second
try "three ranks measure the same baseline as one" cmp first second
if command -v python3 >/dev/null; then
    try "TensorBoard's files hold the log's numbers, later ones forgotten on resuming" same_numbers run
else
    skip "TensorBoard's files are read back (needs python3)"
fi

# A disk that fills up ends the run with one line, and what was there can be gone on from.
fills_up() {
    train -o "$disk/run" checkpoint.every=2 checkpoint.keep=1000 'stages[0].steps=1000' \
        data.validation.every=100000 2>full.err && return 1
    cat full.err
    [ "$(grep -c '^unmush: ' full.err)" -eq 1 ] && grep -q '^unmush: .*No space left on device' full.err &&
        ls "$disk"/run/checkpoint-*.h5 >/dev/null && ! ls "$disk"/run/*.tmp* 2>/dev/null
}

goes_on_elsewhere() {
    cp -r "$disk/run" freed && train -o freed --resume checkpoint.every=1000 'stages[0].steps=1000' \
        'stages[1].steps=1' data.validation.every=100000
}

if small_disk 3M; then
    try "a full disk ends the run with one line" fills_up
    try "the run goes on once there is room" goes_on_elsewhere
else
    skip "a full disk ends the run with one line (needs a mount)"
fi

wild=('stages[0].rate=10' 'stages[0].steps=60000' 'stages[0].warmup=3000' generator.features=16
    generator.convs=16 alarms.rollbacks=2 data.validation.every=100000)
try "a run that diverges goes back twice, then ends by name" diverges wild
try "its last roll-back is in the log" grep -q '"alarm":"roll-back".*attempt 2' wild/log.jsonl
try "two ranks do the same" diverges wild2 --ranks=2
try "such a run is interrupted after its first roll-back" diverges_interrupted wild1
try "and resumed, it diverges too" diverges wild1 --resume
try "at the same steps, with the same losses" same_story wild wild1

summary

#!/bin/bash
# What happens to long runs: kills at random moments, other numbers of ranks, full disks, files that go away.
. "$(dirname "$0")/lib.sh"
cd "$work" || exit 1

"$UNMUSH" synth -q -o pictures --count=4 --size=160x160 || exit 1
"$UNMUSH" pairs -q -o pairs.h5 --scale=4 --tile=96 pictures || exit 1
cat >try.json <<'JSON'
{"scale": 4, "batch": 4, "crop": 8, "precision": "fp32",
 "generator": {"type": "srvgg", "features": 8, "convs": 2},
 "discriminator": {"type": "unet", "features": 8},
 "data": {"train": [{"pairs": "pairs.h5"}]},
 "checkpoint": {"every": 20}, "log": {"every": 1},
 "stages": [
  {"name": "l1", "steps": 1000, "rate": 1e-3, "schedule": "cosine", "loss": {"l1": 1}},
  {"name": "adversarial", "steps": 200, "rate": 1e-4,
   "loss": {"l1": 1, "features": 1, "adversarial": {"weight": 0.1}}}]}
JSON

train() { "$UNMUSH" train try.json -q --threads=1 "$@"; }

now() { date +%s%N; }

# begin FOLDER RANKS OPTION...: a run in a session of its own, in the background ($pid).
begin() {
    local run=$1 ranks=$2
    shift 2
    setsid "$UNMUSH" train try.json -q --threads=1 -o "$run" --ranks="$ranks" "$@" >said 2>&1 &
    pid=$!
}

# Kills everything of the run in the background.
kill_all() {
    pkill -9 -s "$pid"
    wait $pid
    while pgrep -s "$pid" >/dev/null; do sleep 0.05; done
} 2>/dev/null

# The newest checkpoint's step; nothing if there is none.
newest() { ls "$1" 2>/dev/null | sed -n 's/^checkpoint-\([0-9]*\).h5$/\1/p' | sort -n | tail -1; }

# killed_often RANKS TIMES: a run that is killed at so many moments, spread over its whole length, and goes on
# each time ends with the bits of one that nothing happened to.
killed_often() {
    local began share wait step first=0 second=0 i
    rm -rf whole parts
    began=$(now)
    train -o whole --ranks="$1" || return 1
    share=$((($(now) - began) / 1000000)) # milliseconds
    for i in $(seq "$2"); do
        rm -rf killed
        begin killed "$1"
        wait=$((RANDOM % (share / 8) + i * share / ($2 + 1)))
        sleep "$((wait / 1000)).$(printf %03d $((wait % 1000)))"
        # Beside other work a run may be slower than the one that was timed: all but the first leave something.
        while [ "$i" -gt 1 ] && kill -0 $pid 2>/dev/null && [ -z "$(newest killed)" ]; do sleep 0.05; done
        kill_all
        step=$(newest killed)
        if [ -n "$step" ]; then
            if [ "$step" -lt 1000 ]; then first=$((first + 1)); else second=$((second + 1)); fi
            train -o killed --ranks="$1" --resume 2>said || { cat said; return 1; }
        else
            rm -rf killed && train -o killed --ranks="$1" || return 1
        fi
        cmp <(tail -c 3000 whole/model.safetensors) <(tail -c 3000 killed/model.safetensors) &&
            cmp <(losses whole) <(losses killed) || return 1
    done
    echo "# killed $2 times: $first in the stage l1, $second in the stage adversarial"
    [ $((first + second)) -gt 0 ]
}

moments=3
[ "$UNMUSH_LONG" = yes ] && moments=15
for ranks in 1 2; do
    killed_often $ranks $moments
    check "$moments kills at random moments leave the bits of $ranks rank(s) as they are" $?
done

# 20 steps, then 20 more on other ranks.
on_other_ranks() {
    rm -rf other_*
    local options=('stages[0].rate=2e-4' 'stages[0].steps=40' 'stages[1].steps=1' checkpoint.every=20 checkpoint.keep=10)
    train -o other_1 "${options[@]}" || return 1
    for n in 2 4; do
        mkdir other_$n && cp other_1/config.json other_1/checkpoint-20.h5 other_$n/ &&
            sed '/"step":20,/q' other_1/log.jsonl >other_$n/log.jsonl &&
            train -o other_$n --ranks=$n --resume "${options[@]}" 2>said && near_losses other_1 other_$n 41 ||
            { cat said; return 1; }
    done
}
on_other_ranks
check "resumed on 2 and 4 ranks, the losses of 20 steps are the same to 1e-4" $?

# memory_of SESSION: megabytes resident in its largest process, which is the rank.
memory_of() {
    for process in $(pgrep -s "$1"); do sed -n 's/^VmRSS:[[:space:]]*\([0-9]*\).*/\1/p' "/proc/$process/status"; done 2>/dev/null |
        sort -n | tail -1 | awk '{ print int($1 / 1024) }'
}

# flat STEPS: from a tenth of the steps on, memory grows by less than 1 % (and 1 MB).
flat() {
    local steps=$1 first last step
    rm -rf flat
    begin flat 1 "stages[0].steps=$steps" 'stages[1].steps=1' checkpoint.every=500 log.every=20
    while kill -0 $pid 2>/dev/null; do
        step=$(sed -n '$s/.*"step":\([0-9]*\),.*/\1/p' flat/log.jsonl 2>/dev/null)
        if [ "${step:-0}" -ge $((steps / 10)) ] && [ "${step:-0}" -lt $((steps - 20)) ]; then
            last=$(memory_of $pid) first=${first:-$last}
        fi
        sleep 0.2
    done
    wait $pid || { cat said; return 1; }
    echo "# $first MB after a tenth, $last MB at the end"
    [ "${first:-0}" -gt 50 ] && [ $((100 * last)) -le $((101 * first + 100)) ]
}
steps=2000
[ "$UNMUSH_LONG" = yes ] && steps=10000
flat $steps
check "$steps steps take no more memory than their first tenth" $?

# ends_with TEXT: the run in the background fails within a minute with one line that has TEXT.
ends_with() {
    local began=$SECONDS
    if wait $pid; then return 1; fi
    [ $((SECONDS - began)) -le 60 ] && [ "$(grep -c '^unmush: ' said)" = 1 ] && grep -q "^unmush: .*$1" said && return
    cat said
    return 1
}

# The bits of an uninterrupted run of the same options.
same_as_whole() { # RUN OPTION...
    local run=$1
    shift
    rm -rf undisturbed
    train -o undisturbed "$@" && cmp <(tail -c 3000 undisturbed/model.safetensors) <(tail -c 3000 "$run/model.safetensors")
}

full_disk() {
    begin "$disk/run" 1 checkpoint.keep=1000 && ends_with "$disk/run/.*No space left" || return 1
    ls "$disk"/run/checkpoint-*.h5 >/dev/null || return 1
    mount -o remount,size=64m "$disk" && train -o "$disk/run" --resume checkpoint.keep=1000 &&
        same_as_whole "$disk/run" checkpoint.keep=1000
}

read_only() {
    begin "$disk/run" 1
    while kill -0 $pid && ! [ "$(newest "$disk/run")" -ge 40 ]; do sleep 0.05; done 2>/dev/null
    mount --bind "$disk/run" "$disk/run" || { kill_all; return 1; }
    local tries=0
    until mount -o remount,bind,ro "$disk/run" 2>/dev/null; do # busy while a line is being written
        [ $((++tries)) -lt 300 ] || { kill_all; umount "$disk/run"; return 1; }
        sleep 0.01
    done
    ends_with "$disk/run/.*Read-only file system"
    local result=$?
    umount "$disk/run"
    [ $result = 0 ] && train -o "$disk/run" --resume && same_as_whole "$disk/run"
}

if small_disk 3m; then
    full_disk
    check "a full disk ends a run with one line, and it goes on with the same bits when there is room" $?
    small_disk 64m
    read_only
    check "a folder that turns read-only ends a run with one line, and it goes on with the same bits" $?
else
    skip "full and read-only disks (needs root and a tmpfs)"
fi

vanished() {
    local fly='data.train[0]={"hr":"pictures","degrade":"bicubic"}' options
    options=("$fly" data.memory=1 'stages[0].steps=100000')
    "$UNMUSH" synth -q -o pictures --count=24 --size=512x512 --seed=3 || return 1
    begin vanished 1 "${options[@]}"
    while kill -0 $pid && ! grep -q '"step":10,' vanished/log.jsonl; do sleep 0.05; done 2>/dev/null
    mv pictures away
    ends_with "pictures/.*No such file" || return 1
    mv away pictures
    train -o vanished --resume "$fly" data.memory=1 'stages[0].steps=300' 'stages[1].steps=1' &&
        same_as_whole vanished "$fly" data.memory=1 'stages[0].steps=300' 'stages[1].steps=1'
}
vanished
check "a picture that vanishes ends a run with one line that names it, and it goes on with the same bits" $?

# Checkpoints all the time, so that the signal comes in the middle of one.
terminated_while_writing() {
    local options=(checkpoint.every=1 generator.features=64 generator.convs=8 'stages[0].steps=120' 'stages[1].steps=1') i
    for i in 1 2 3 4; do
        rm -rf writing
        begin writing 1 "${options[@]}"
        while kill -0 $pid && ! grep -q "\"step\":$((i * 5))," writing/log.jsonl; do sleep 0.01; done 2>/dev/null
        kill -TERM $pid
        ends_with 'interrupted at step [0-9]*, continue with --resume' || return 1
        [ -e "writing/checkpoint-$(sed -n 's/.*at step \([0-9]*\),.*/\1/p' said).h5" ] && ! ls writing/*.part* writing/.*.h5* 2>/dev/null || return 1
    done
    train -o writing --resume "${options[@]}" && same_as_whole writing "${options[@]}"
}
terminated_while_writing
check "SIGTERM while checkpoints are written loses nothing" $?
summary

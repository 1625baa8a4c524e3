#!/bin/bash
# Several machines: network namespaces with addresses of their own. A run over two "hosts" gives what one host
# gives; when one of them is cut off the run ends within a minute, on both sides, and goes on with fewer ranks.
# Needs root and iproute2; skipped without.
. "$(dirname "$0")/lib.sh"
cd "$work" || exit 1
. "$here/../network.sh"

if ! make_hosts 2; then
    skip "runs on several hosts: network namespaces cannot be made here"
    summary
    exit
fi
trap 'remove_hosts; clean_up' EXIT
write_agent "$work" 2

losses() { sed -n 's/.*"losses":\({[^}]*}\).*/\1/p' "$1/log.jsonl"; }
values() { tail -c 10000 "$1/model.safetensors"; }
train=("$UNMUSH" train try.json -q --threads=1)

# Processes of the run on either host.
left() { pgrep -c -f "^$UNMUSH train try.json .*-o cut"; }

# Cuts the second host off while the run computes; $took: seconds until no process of it is left.
cut_off() {
    on_hosts 4 "${train[@]}" -o cut 'stages[0].steps=100000' >said 2>&1 &
    local pid=$! began
    for _ in $(seq 300); do
        [ -e cut/checkpoint-5.h5 ] && break
        kill -0 $pid 2>/dev/null || return 1
        sleep 0.2
    done
    pull_cable 2
    began=$SECONDS
    while kill -0 $pid 2>/dev/null || [ "$(left)" -gt 0 ]; do
        [ $((SECONDS - began)) -lt 90 ] || break
        sleep 0.5
    done
    took=$((SECONDS - began))
    kill -0 $pid 2>/dev/null && { kill -KILL $pid; return 1; }
    wait $pid && return 1
    echo "the run ended $took s after the cut"
    grep '^unmush: ' said
    [ $took -le 60 ] && [ "$(left)" -eq 0 ]
}

"$UNMUSH" synth -q -o pictures --count=4 --size=160x160 || exit 1
"$UNMUSH" pairs -q -o pairs.h5 --scale=4 --tile=96 pictures || exit 1
cat >try.json <<'JSON'
{"name": "try", "scale": 4, "batch": 8, "crop": 8, "precision": "fp32",
 "generator": {"type": "srvgg", "features": 8, "convs": 2},
 "data": {"train": [{"pairs": "pairs.h5"}]},
 "checkpoint": {"every": 5, "keep": 3}, "log": {"every": 1},
 "stages": [{"name": "l1", "steps": 20, "rate": 1e-3, "loss": {"l1": 1}}]}
JSON

"${train[@]}" -o near --ranks=2 && on_hosts 2 "${train[@]}" -o far >said 2>&1
status=$?
[ $status -eq 0 ] || cat said
check "a run trains over two hosts" $status
cmp <(losses near) <(losses far) && [ "$(losses far | wc -l)" -eq 20 ] && cmp <(values near) <(values far)
check "two ranks on two hosts train the bits of two ranks on one" $?
cut_off
status=$?
[ $status -eq 0 ] || cat said
check "a host that is cut off ends the run within 60 s, on both sides" $status
grep -q "^unmush: rank 0 on $bridge-1, in .*: nothing heard of rank [13] on $bridge-2 for 25 s" said
check "the line names rank, host and what it waited in" $?
step=$(sed -n '$s/.*"step":\([0-9]*\).*/\1/p' cut/log.jsonl)
"${train[@]}" -o cut --resume --ranks=2 "stages[0].steps=$((step + 3))" && [ -f cut/model.safetensors ]
check "it goes on from its checkpoint on the host that is left, with fewer ranks" $?

summary

#!/bin/bash
# Several machines: network namespaces with addresses of their own. A run over two "hosts" gives what one host
# gives; when one of them is cut off the run ends within a minute, on both sides, and goes on with fewer ranks.
# Needs root and iproute2; skipped without.
. "$(dirname "$0")/lib.sh"
cd "$work" || exit 1
bridge=unmush$$ network=10.231.$(($$ % 250))

remove_hosts() {
    for i in 1 2; do ip netns del "$bridge-$i"; done
    ip link del "$bridge"
} 2>/dev/null

# One bridge; each host hangs on it by a cable (a pair of veth ends) that can be pulled.
make_hosts() {
    ip link add "$bridge" type bridge && ip link set "$bridge" up || return 1
    for i in 1 2; do
        ip netns add "$bridge-$i" && ip link add "v$i-$$" type veth peer name eth0 netns "$bridge-$i" &&
            ip link set "v$i-$$" master "$bridge" up && ip -n "$bridge-$i" link set lo up &&
            ip -n "$bridge-$i" addr add "$network.$i/24" dev eth0 && ip -n "$bridge-$i" link set eth0 up || return 1
    done
} 2>/dev/null

if [ "$(id -u)" -ne 0 ] || ! command -v ip >/dev/null || ! make_hosts || ! ip netns exec "$bridge-1" true; then
    remove_hosts
    skip "runs on several hosts: network namespaces cannot be made here"
    summary
    exit
fi
trap 'remove_hosts; clean_up' EXIT

# What mpirun calls instead of ssh: agent ADDRESS COMMAND. Each host has a name of its own, as on real ones.
cat >agent <<END
#!/bin/sh
host=$bridge-\${1##*.}
shift
exec ip netns exec \$host unshare --uts sh -c "hostname \$host; \$*"
END
chmod +x agent
on_first() { ip netns exec "$bridge-1" unshare --uts sh -c "hostname $bridge-1; exec \"\$@\"" sh "$@"; }
printf '%s slots=2\n' "$network.1" "$network.2" >hosts
two_hosts() { # RANKS COMMAND...: ranks on both hosts in turn
    on_first timeout --foreground 150 mpirun --hostfile hosts --map-by node --oversubscribe --bind-to none \
        --mca plm_rsh_agent "$work/agent" -n "$@"
}

losses() { sed -n 's/.*"losses":\({[^}]*}\).*/\1/p' "$1/log.jsonl"; }
values() { tail -c 10000 "$1/model.safetensors"; }
train=("$UNMUSH" train try.json -q --threads=1)

# Processes of the run on either host.
left() { pgrep -c -f "^$UNMUSH train try.json .*-o cut"; }

# Cuts the second host off while the run computes; $took: seconds until no process of it is left.
cut_off() {
    two_hosts 4 "${train[@]}" -o cut 'stages[0].steps=100000' >said 2>&1 &
    local pid=$! began
    for _ in $(seq 300); do
        [ -e cut/checkpoint-5.h5 ] && break
        kill -0 $pid 2>/dev/null || return 1
        sleep 0.2
    done
    ip link set "v2-$$" down
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

"${train[@]}" -o near --ranks=2 && two_hosts 2 "${train[@]}" -o far >said 2>&1
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

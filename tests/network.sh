# Network namespaces as hosts, for scripts that source it. Each has an address, a host name and a cable of its
# own; they share files, processes and processors. Needs root and iproute2.
#   bridge, network    names and addresses, unique to this process
bridge=unmush$$ network=10.231.$(($$ % 250))

# Makes hosts 1..N. 1 where that cannot be done; then nothing is left behind.
make_hosts() { # N
    [ "$(id -u)" -eq 0 ] && command -v ip >/dev/null || return 1
    hosts_made=$1
    join_hosts && ip netns exec "$bridge-1" true && return
    remove_hosts
    return 1
} 2>/dev/null

join_hosts() {
    local i
    ip link add "$bridge" type bridge && ip link set "$bridge" up || return 1
    for i in $(seq "$hosts_made"); do
        ip netns add "$bridge-$i" && ip link add "v$i-$$" type veth peer name eth0 netns "$bridge-$i" &&
            ip link set "v$i-$$" master "$bridge" up && ip -n "$bridge-$i" link set lo up &&
            ip -n "$bridge-$i" addr add "$network.$i/24" dev eth0 && ip -n "$bridge-$i" link set eth0 up || return 1
    done
}

remove_hosts() {
    local i
    for i in $(seq "$hosts_made"); do ip netns del "$bridge-$i"; done
    ip link del "$bridge"
} 2>/dev/null

pull_cable() { ip link set "v$1-$$" down; } # HOST

# Writes FOLDER/agent, which mpirun calls instead of ssh (agent ADDRESS COMMAND), and FOLDER/hosts.
write_agent() { # FOLDER SLOTS
    local i
    cat >"$1/agent" <<END
#!/bin/sh
host=$bridge-\${1##*.}
shift
exec ip netns exec \$host unshare --uts sh -c "hostname \$host; \$*"
END
    chmod +x "$1/agent"
    for i in $(seq "$hosts_made"); do echo "$network.$i slots=$2"; done >"$1/hosts"
    agent=$1/agent hostfile=$1/hosts
}

on_first() { ip netns exec "$bridge-1" unshare --uts sh -c "hostname $bridge-1; exec \"\$@\"" sh "$@"; }

# Starts ranks on all hosts in turn, from the first.
on_hosts() { # RANKS COMMAND...
    on_first timeout --foreground "${hosts_timeout:-150}" mpirun --hostfile "$hostfile" --map-by node --oversubscribe \
        --bind-to none --mca plm_rsh_agent "$agent" -n "$@"
}

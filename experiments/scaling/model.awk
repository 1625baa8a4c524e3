# The cost model of README.md; run.sh and predict.sh put their own BEGIN behind it.
#   c, back  seconds of computing in a step, and of its backward pass
#   m        parameters
#   a, b     a message's latency in seconds, and seconds per byte
#   look     by how much a rank computes longer while it looks after sums under way, 0.05 for a twentieth

# Seconds between looks at sums under way while a rank computes: each of their phases may wait for one.
function poll() { return 1e-4 }

function log2_up(p,   n) { n = 0; while (2 ^ n < p) n++; return n }

# OpenMPI's nonblocking all-reduce of n bytes: a tree up and down to 3 ranks, a ring from 4 on.
function phases(n, p) { return p < 4 || n < 65536 ? 2 * log2_up(p) : 2 * (p - 1) }
function transfer(n, p) { return p < 4 || n < 65536 ? 2 * log2_up(p) * n * b : 2 * (p - 1) / p * n * b }

# How many buckets the gradients leave in.
function buckets(   bytes) {
    bytes = m * 4 / 8
    if (bytes < 262144) bytes = 262144
    if (bytes > 2097152) bytes = 2097152
    return m * 4 > bytes ? m * 4 / bytes : 1
}

# Seconds of the backward pass while which buckets are on their way: all but the first bucket's part of it.
function behind() { return back * (1 - 1 / buckets()) }

# Seconds of a step on p hosts of one rank each that the exchange adds to computing.
function exposed(p,   k, last, late) {
    if (p == 1) return 0
    k = buckets()
    last = phases(m * 4 / k, p) * a + transfer(m * 4 / k, p)
    late = phases(m * 4 / k, p) * (a + poll()) + k * transfer(m * 4 / k, p) - behind()
    return look * behind() + (late > last ? late : last)
}

# The same of p ranks of one host, whose processors have to move the bytes and to compute: nothing is hidden.
function moved(p,   k) {
    if (p == 1) return 0
    k = buckets()
    return look * behind() + k * (phases(m * 4 / k, p) * a + transfer(m * 4 / k, p))
}

# A line through measurements (x1, t1) and (x2, t2), at x.
function line(x1, t1, x2, t2, x) { return t1 + (t2 - t1) / (x2 - x1) * (x - x1) }

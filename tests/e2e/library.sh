#!/bin/bash
# The C library: what is installed, what it exports and needs, its example, and threads. With UNMUSH_LONG=yes
# under ThreadSanitizer, too. See lib.sh for the environment.
. "$(dirname "$0")/lib.sh"

source=$(cd "$here/../.." && pwd)
prefix=$work/prefix
example=$source/library/example.c

installs() {
    cmake --install "$UNMUSH_BUILD" --prefix "$prefix" >"$work/install.log" 2>&1
    check "the library, its header, its pkg-config file and its example are installed" $?
    library=$(find "$prefix" -name 'libunmush.so.0') pc=$(find "$prefix" -name unmush.pc)
    [ -f "$prefix/include/unmush.h" ] && [ -n "$library" ] && [ -n "$pc" ] && [ -n "$(find "$prefix" -name example.c)" ]
    check "they lie where other programs look" $?
    export PKG_CONFIG_PATH=${pc%/*} LD_LIBRARY_PATH=${library%/*}
    flags=$(pkg-config --cflags --libs unmush)
}

exports_and_needs() {
    local names needed
    names=$(nm -D --defined-only "$library" | awk '$2 != "A" { print $3 }')
    [ -n "$names" ] && ! grep -qv '^unmush_[a-z]*@@UNMUSH_0$' <<<"$names"
    check "nothing is exported but functions that begin with unmush_, with a version" $?
    [ "$(tr ' ' '\n' <<<"$names" | sed 's/@.*//' | sort)" = "$(grep -oE "^[a-z].*[ *]unmush_[a-z]+\(" "$source/library/unmush.h" | grep -v ^typedef | grep -oE "unmush_[a-z]+\(" |
        tr -d '(' | sort -u)" ]
    check "these are the header's" $?
    needed=$(readelf -d "$library" | grep NEEDED)
    ! grep -qE 'mpi|hdf5|torch|png|jpeg|webp|curl|stdc' <<<"$needed"
    check "it needs no MPI, no HDF5, no codecs, and libtorch only when a model is opened" $?
    readelf -d "$library" | grep -q 'SONAME.*libunmush.so.0\]'
    check "its soname is libunmush.so.0" $?
}

builds_example() {
    cc -std=c99 -pedantic -Wall -Wextra -Werror "$example" $flags -o "$work/example"
    check "the example builds with what pkg-config says" $?
    printf '#include <unmush.h>\nint main() { unmush_options o = UNMUSH_OPTIONS; return unmush_version()[0] + o.tile == 0; }\n' >"$work/plus.cc"
    c++ -std=c++17 -Wall -Wextra -Werror "$work/plus.cc" $flags -o "$work/plus" && "$work/plus"
    check "C++ can use the header" $?
    "$work/example" >"$work/text" 2>&1
    [ $? = 2 ] && grep -q usage "$work/text"
    check "the example says how it is used" $?
    "$work/example" "$work/none.pth" x y 2>"$work/text"
    [ $? = 1 ] && grep -q none.pth "$work/text"
    check "the example names a model that is not there" $?
}

# A picture as both the program and the example take it: gray levels of a formula.
make_picture() {
    awk 'BEGIN { print "P3 40 32 255"; for (y = 0; y < 32; y++) for (x = 0; x < 40; x++)
        print (x * 6 + y) % 256, (x * y) % 256, (y * 8 + x % 7 * 20) % 256 }' >"$work/plain.ppm"
    /usr/bin/env node - "$work/plain.ppm" "$work/small" <<'END'
const fs = require('fs'), zlib = require('zlib')
const [width, height, most, ...v] = fs.readFileSync(process.argv[2], 'latin1').split(/\s+/).slice(1).filter(Boolean).map(Number)
fs.writeFileSync(process.argv[3] + '.ppm', Buffer.concat([Buffer.from(`P6\n${width} ${height}\n${most}\n`), Buffer.from(v)]))
const rows = []
for (let y = 0; y < height; y++) rows.push(Buffer.from([0]), Buffer.from(v.slice(y * width * 3, (y + 1) * width * 3)))
const table = [...Array(256).keys()].map(n => { for (let k = 0; k < 8; k++) n = n & 1 ? 0xedb88320 ^ n >>> 1 : n >>> 1; return n >>> 0 })
const crc = b => { let c = ~0; for (const x of b) c = table[(c ^ x) & 255] ^ c >>> 8; return ~c >>> 0 }
const chunk = (type, data) => {
    const body = Buffer.concat([Buffer.from(type), data]), length = Buffer.alloc(4), sum = Buffer.alloc(4)
    length.writeUInt32BE(data.length), sum.writeUInt32BE(crc(body))
    return Buffer.concat([length, body, sum])
}
const head = Buffer.alloc(13)
head.writeUInt32BE(width, 0), head.writeUInt32BE(height, 4), head.set([8, 2, 0, 0, 0], 8)
fs.writeFileSync(process.argv[3] + '.png', Buffer.concat([Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]),
    chunk('IHDR', head), chunk('IDAT', zlib.deflateSync(Buffer.concat(rows))), chunk('IEND', Buffer.alloc(0))]))
END
}

# Pixels of FILE.png (8-bit RGB) that are further than one level from FILE.ppm's.
differing() { # FILE.png FILE.ppm
    /usr/bin/env node - "$@" <<'END'
const fs = require('fs'), zlib = require('zlib')
const png = fs.readFileSync(process.argv[2]), ppm = fs.readFileSync(process.argv[3])
const width = png.readUInt32BE(16), height = png.readUInt32BE(20), stride = width * 3
if (png[24] !== 8 || png[25] !== 2) throw new Error('not 8-bit RGB')
const parts = []
for (let at = 8; at < png.length; at += 12 + png.readUInt32BE(at))
    if (png.toString('latin1', at + 4, at + 8) === 'IDAT') parts.push(png.subarray(at + 8, at + 8 + png.readUInt32BE(at)))
const raw = zlib.inflateSync(Buffer.concat(parts)), out = Buffer.alloc(height * stride)
for (let y = 0; y < height; y++) {
    const filter = raw[y * (stride + 1)]
    for (let x = 0; x < stride; x++) {
        const a = x < 3 ? 0 : out[y * stride + x - 3], b = y ? out[(y - 1) * stride + x] : 0
        const c = y && x >= 3 ? out[(y - 1) * stride + x - 3] : 0
        const p = a + b - c, pa = Math.abs(p - a), pb = Math.abs(p - b), pc = Math.abs(p - c)
        const guess = [0, a, b, a + b >> 1, pa <= pb && pa <= pc ? a : pb <= pc ? b : c][filter]
        out[y * stride + x] = raw[y * (stride + 1) + 1 + x] + guess
    }
}
const body = ppm.subarray(ppm.length - out.length)
if (!ppm.toString('latin1', 0, 20).startsWith(`P6\n${width} ${height}\n255\n`)) throw new Error('other extents')
let count = 0
for (let i = 0; i < out.length; i++) count += Math.abs(out[i] - body[i]) > 1
console.log(count)
END
}

runs_example() {
    local model=$UNMUSH_SHARED/weights/realesr-animevideov3-x4.safetensors
    if [ ! -f "$model" ] || ! command -v node >/dev/null; then
        skip "the example makes what unmush upscale makes: no published weights, or no node"
        return
    fi
    make_picture
    "$work/example" "$model" "$work/small.ppm" "$work/large.ppm" >"$work/text" 2>"$work/errors"
    [ $? = 0 ] && grep -q '160 x 128 by srvgg' "$work/text" && grep -q '100 %' "$work/errors"
    check "the example enlarges a picture with the installed library" $?
    "$UNMUSH" upscale -q --model="$model" -o "$work/large.png" "$work/small.png"
    [ "$(differing "$work/large.png" "$work/large.ppm")" = 0 ]
    check "within one level it is what unmush upscale makes" $?
    "$work/example" "$work/small.ppm" "$work/small.ppm" "$work/other.ppm" 2>"$work/errors"
    [ $? = 1 ] && grep -q small.ppm "$work/errors" && [ ! -e "$work/other.ppm" ]
    check "a picture is no model" $?
}

# All of ours is instrumented, libtorch and libgomp are not, so calls have one thread each here: how OpenMP's threads
# wait for one another could not be seen. tests/library/thread-sanitizer.txt explains what is suppressed.
under_thread_sanitizer() {
    if [ "$UNMUSH_LONG" != yes ]; then
        skip "threads under ThreadSanitizer: only with UNMUSH_LONG=yes"
        return
    fi
    local build=$work/tsan run
    CFLAGS="-fsanitize=thread -g" CXXFLAGS="-fsanitize=thread -g" LDFLAGS=-fsanitize=thread cmake -S "$source" -B "$build" \
        -G Ninja -DCMAKE_BUILD_TYPE=Release >"$work/configure.log" 2>&1 &&
        cmake --build "$build" --target test_library >"$work/build.log" 2>&1
    check "the library builds with ThreadSanitizer" $?
    # Newer kernels place libraries where older ThreadSanitizers have no room.
    run=(env "TSAN_OPTIONS=history_size=7 suppressions='$source/tests/library/thread-sanitizer.txt'" OMP_NUM_THREADS=1)
    setarch -R true 2>/dev/null && run=(setarch -R "${run[@]}")
    "${run[@]}" "$build/test_library" >"$work/tsan.log" 2>&1
    local status=$?
    [ $status = 0 ] || grep -A25 'WARNING: ThreadSanitizer' "$work/tsan.log" | head -120
    check "ThreadSanitizer finds nothing in four threads with a model each, nor with one that they share" $status
}

installs
exports_and_needs
builds_example
runs_example
under_thread_sanitizer
summary

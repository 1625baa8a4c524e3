#!/bin/bash
# What all commands share: help, versions, info, blend, reproducible results, start-up, installation.
# See lib.sh for the environment.
. "$(dirname "$0")/lib.sh"

COMMANDS="synth pairs train eval upscale export blend weights info"
published=$UNMUSH_SHARED/weights/realesr-animevideov3-x4

# Whether every option of a command line is one that the help text lists.
options_exist() { # HELP COMMAND_LINE
    local word
    for word in $2; do
        case $word in
        --*) grep -q -- "^  \(-., \)\?${word%%=*}\([ =]\|$\)" "$1" ;;
        -?) grep -q -- "^  $word, --" "$1" ;;
        *) true ;;
        esac || { echo "$word is not in the help"; return 1; }
    done
}

help() {
    local command example listed
    for command in $COMMANDS; do
        "$UNMUSH" $command --help >"$work/help" 2>"$work/stderr" && ! [ -s "$work/stderr" ] &&
            grep -q "^usage: unmush $command " "$work/help" && grep -q '^example:$' "$work/help"
        check "$command --help shows how it is used, with an example" $?
        example=$(sed -n '/^example:$/,$p' "$work/help" | sed 1d)
        options_exist "$work/help" "$example"
        check "the options of $command's example exist" $?
    done
    "$UNMUSH" --help >"$work/help" 2>&1
    check "--help ends well" $?
    listed=$(sed -n 's/^  \([a-z]*\)  *[a-z].*/\1/p' "$work/help" | grep -v '^unmush$' | tr '\n' ' ')
    [ "$listed" = "$COMMANDS " ]
    check "--help lists every command" $?
}

# Every link to a file of the repository leads somewhere.
links() {
    local root=$here/../.. document link broken=0
    for document in README.md CONTRIBUTING.md configs/README.md configs/degrade/README.md; do
        while read -r link; do
            [ -e "$root/$(dirname "$document")/$link" ] || { echo "$document: $link is not there"; broken=1; }
        done < <(grep -oE '\]\([^):#]+\)' "$root/$document" | tr -d ']()')
    done
    check "the documents' links lead somewhere" $broken
}

versions() {
    local library
    "$UNMUSH" --version >"$work/versions" 2>"$work/stderr"
    check "--version ends well" $?
    for library in unmush libtorch HDF5 'Open MPI' libpng libjpeg libwebp libtiff cJSON protobuf-c; do
        grep -q "^$library.* v\?[0-9][0-9]*\.[0-9]" "$work/versions"
        check "--version tells $library's version" $?
    done
}

reproducible() {
    "$UNMUSH" synth -q -o "$work/one" --count=3 --size=96x64 --seed=7 --threads=1 &&
        "$UNMUSH" synth -q -o "$work/two" --count=3 --size=96x64 --seed=7 --threads=2 &&
        diff -r "$work/one" "$work/two" >/dev/null
    check "synth draws the same pictures again, whatever the threads" $?
    if command -v mpirun >/dev/null; then
        ranks 2 "$UNMUSH" synth -q -o "$work/three" --count=3 --size=96x64 --seed=7 &&
            diff -r "$work/one" "$work/three" >/dev/null
        check "two ranks draw the pictures of one" $?
    else
        skip "two ranks draw the pictures of one (mpirun is not here)"
    fi
    "$UNMUSH" synth -q -o "$work/other" --count=3 --size=96x64 --seed=8
    ! cmp -s <(cat "$work"/one/*) <(cat "$work"/other/*)
    check "another seed draws other pictures" $?
    "$UNMUSH" synth -o "$work/two" --count=3 --size=96x64 --seed=7 --json 2>/dev/null | grep -q '"pictures":3'
    check "synth --json says what was drawn" $?
    "$UNMUSH" pairs -q -o "$work/one.h5" --scale=4 --tile=32 "$work/one" &&
        "$UNMUSH" pairs -q -o "$work/two.h5" --scale=4 --tile=32 "$work/two" &&
        cmp -s "$work/one.h5" "$work/two.h5"
    check "pairs writes the same store again" $?
}

# Commands that compute no tensors never load libtorch.
without_tensors() { # SENTENCE COMMAND...
    local sentence=$1
    shift
    UNMUSH_TENSOR_LIBRARY=$work/absent.so "$@" >/dev/null 2>"$work/stderr"
    check "$sentence without the tensor library" $?
}

light_commands() {
    local command
    without_tensors "--help works" "$UNMUSH" --help
    for command in $COMMANDS; do
        without_tensors "$command --help works" "$UNMUSH" $command --help
    done
    without_tensors "synth works" "$UNMUSH" synth -q -o "$work/light" --count=1 --size=64x64
    without_tensors "pairs works" "$UNMUSH" pairs -q -o "$work/light.h5" --scale=2 --tile=32 "$work/light"
    without_tensors "eval of baselines works" "$UNMUSH" eval -q -o "$work/light" --scale=2 --hr="$work/light"
    without_tensors "info works" "$UNMUSH" info "$work/light.h5"
    UNMUSH_TENSOR_LIBRARY=$work/absent.so "$UNMUSH" --version >/dev/null 2>"$work/stderr"
    [ $? -eq 1 ] && [ "$(wc -l <"$work/stderr")" -eq 1 ] && grep -q "$work/absent.so" "$work/stderr"
    check "a missing tensor library is named where it is needed" $?
}

stores() {
    "$UNMUSH" info "$work/one.h5" >"$work/info" && grep -q 'HDF5' "$work/info" &&
        grep -q '/hr uint8 \[18,32,32,3\]' "$work/info" && grep -q '/lr uint8 \[18,8,8,3\]' "$work/info" &&
        grep -q 'scale: 4' "$work/info" && grep -q 'degradation: bicubic' "$work/info"
    check "info shows what is in a pair store" $?
    "$UNMUSH" info --bench --input=16x16 --batch=2 --network='{"type":"srvgg","features":16,"convs":2}' >"$work/info" &&
        grep -q 'forward and back .* pictures/s' "$work/info" && grep -q '^  body.2 *conv .*%.*%.*%  [a-z]' "$work/info"
    check "info --bench shows what every layer of a network takes here" $?
}

# A checkpoint and a model, from one step of training.
checkpoints() {
    cat >"$work/config.json" <<END
{"name": "short", "scale": 4, "batch": 2, "crop": 4, "precision": "fp32",
 "generator": {"type": "srvgg", "features": 4, "convs": 1},
 "data": {"train": [{"pairs": "$work/one.h5"}]},
 "stages": [{"name": "a", "steps": 1, "rate": 0.001, "loss": {"l1": 1}}]}
END
    "$UNMUSH" train -q "$work/config.json" -o "$work/run" 2>"$work/stderr" &&
        "$UNMUSH" train -q "$work/config.json" seed=1 -o "$work/run2" 2>"$work/stderr"
    check "models to look at" $?
    a=$work/run/model.safetensors b=$work/run2/model.safetensors
    "$UNMUSH" info "$work/run/checkpoint-1.h5" >"$work/info" &&
        grep -q '/generator/parameters/body.0.weight float32 \[4,3,3,3\]' "$work/info" &&
        grep -q 'step: 1' "$work/info"
    check "info shows what is in a checkpoint" $?
    "$UNMUSH" info --input=32x16 "$a" >"$work/info" && grep -q 'SRVGGNetCompact.*enlarges by 4' "$work/info" &&
        grep -q 'body.0 .* conv ' "$work/info" && grep -q 'unmush.graph: {"type":"srvgg"' "$work/info" &&
        grep -q '48 x 16 x 32' "$work/info"
    check "info shows a model's metadata, layers and costs" $?
    "$UNMUSH" info --keys "$a" | grep -q '^  body.0.weight \[4,3,3,3\]$'
    check "info --keys lists the arrays" $?
    if [ -e "$published.pth" ]; then
        "$UNMUSH" info "$published.pth" >"$work/info" && grep -q '621424' "$work/info" &&
            grep -q 'SRVGGNetCompact.*enlarges by 4' "$work/info"
        check "info recognises published weights" $?
    else
        skip "info recognises published weights (they are not here)"
    fi
}

# The arrays of a safetensors file that has them in this order and no other, as little-endian floats.
values() { # FILE
    local length
    length=$(od -An -tu8 -N8 "$1")
    tail -c +$((length + 9)) "$1"
}

blends() {
    "$UNMUSH" blend -q "$a" "$b" --alpha=0 -o "$work/0.safetensors" &&
        cmp -s <(values "$work/0.safetensors") <(values "$a")
    check "blend with alpha 0 has the bits of A" $?
    "$UNMUSH" blend -q "$a" "$b" --alpha=1 -o "$work/1.safetensors" &&
        cmp -s <(values "$work/1.safetensors") <(values "$b")
    check "blend with alpha 1 has the bits of B" $?
    ! cmp -s <(values "$a") <(values "$b")
    check "A and B differ" $?
    "$UNMUSH" blend -q "$a" "$b" --alpha=0.5 -o "$work/half.safetensors" &&
        paste <(values "$a" | od -An -v -w4 -tf4) <(values "$b" | od -An -v -w4 -tf4) \
            <(values "$work/half.safetensors" | od -An -v -w4 -tf4) | awk '
            { d = ($1 + $2) / 2 - $3; size = ($1 > 0 ? $1 : -$1) + ($2 > 0 ? $2 : -$2)
              if ((d > 0 ? d : -d) > 1e-6 * size) wrong++ }
            END { exit !(NR > 1000 && !wrong) }'
    check "blend with alpha 0.5 is the mean" $?
    "$UNMUSH" info "$work/half.safetensors" | grep -q 'unmush.provenance: {"blend":.*"alpha":0.5'
    check "a blend says what it was made of" $?
    if [ -e "$published.pth" ]; then
        "$UNMUSH" export -q "$published.pth" -o "$work/p.safetensors" &&
            "$UNMUSH" blend -q "$published.pth" "$published.safetensors" --alpha=1 -o "$work/1.safetensors" &&
            cmp -s <(values "$work/1.safetensors") <(values "$work/p.safetensors")
        check "published weights are blended as they are" $?
    else
        skip "published weights are blended (they are not here)"
    fi
}

# cmake --install, as far as the build folder is one of CMake's.
installation() {
    local prefix=$work/prefix library
    if ! command -v cmake >/dev/null || ! [ -e "$UNMUSH_BUILD/cmake_install.cmake" ]; then
        skip "installation (needs cmake and the build folder)"
        return
    fi
    cmake --install "$UNMUSH_BUILD" --prefix "$prefix" >"$work/stdout" 2>&1
    check "cmake --install works" $?
    library=$(find "$prefix" -path '*/unmush/libunmush_tensor.so')
    [ -x "$prefix/bin/unmush" ] && [ -n "$library" ]
    check "the program and the tensor library are installed" $?
    mkdir "$work/picture" && cp "$(ls "$work"/one/*.png | head -1)" "$work/picture/a.png"
    "$prefix/bin/unmush" upscale -q --model="$a" "$work/picture/a.png" && [ -e "$work/picture/a-x4.png" ]
    check "the installed program upscales" $?
    "$UNMUSH" upscale -q --model="$a" -o "$work/picture/b.png" "$work/picture/a.png" &&
        cmp -s "$work/picture/b.png" "$work/picture/a-x4.png"
    check "it gives what the built one gives" $?
}

help
links
versions
reproducible
light_commands
stores
checkpoints
blends
installation
summary

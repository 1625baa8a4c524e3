#!/bin/bash
# Bad input of every kind for every command: one clear line, the right exit status, nothing left.
# See lib.sh for the environment.
. "$(dirname "$0")/lib.sh"

weights=$UNMUSH_SHARED/weights
published=$weights/realesr-animevideov3-x4
pictures=$work/pictures store=$work/store.h5

# A small srvgg model without training it: its file is made by a few lines of shell.
# Keys and shapes: FEATURES features, no hidden convolutions, SCALE.
small_model() { # FILE FEATURES SCALE
    local f=$2 s=$3 header offset=0 entry name shape count
    header='{"__metadata__":{"format":"pt"}'
    for entry in "body.0.weight $f,3,3,3" "body.0.bias $f" "body.1.weight $f" \
        "body.2.weight $((3 * s * s)),$f,3,3" "body.2.bias $((3 * s * s))"; do
        name=${entry% *} shape=${entry#* }
        count=$((4 * ${shape//,/*}))
        header+=",\"$name\":{\"dtype\":\"F32\",\"shape\":[$shape],"
        header+="\"data_offsets\":[$offset,$((offset + count))]}"
        offset=$((offset + count))
    done
    header+='}'
    {
        printf "\\x$(printf %02x $((${#header} & 255)))\\x$(printf %02x $((${#header} >> 8)))"
        printf '\0\0\0\0\0\0%s' "$header"
        head -c $offset /dev/zero
    } >"$1"
}

prepare() {
    mkdir "$work/broken" "$work/folder.png" "$work/folder.pth" "$work/folder.h5" "$work/folder.json" "$work/empty"
    "$UNMUSH" synth -q -o "$pictures" --count=2 --size=96x80 --seed=1 &&
        "$UNMUSH" pairs -q -o "$store" --scale=4 --tile=32 "$pictures"
    check "good input is accepted" $?
    picture=$(ls "$pictures"/*.png | head -1)
    small_model "$work/x4.safetensors" 8 4
    small_model "$work/x2.safetensors" 8 2
    small_model "$work/wider.safetensors" 9 4
    mkfifo "$work/pipe.png" "$work/pipe.pth" "$work/pipe.json"
    ln -s "$work/nowhere" "$work/dangling.png"
    ln -s "$work/nowhere" "$work/dangling.pth"
    head -c 1500 "$picture" >"$work/cut.png"
    head -c 20 "$picture" >"$work/header.png"
    : >"$work/empty.png"
    echo 'this is text' >"$work/text.png"
    head -c 1000 "$work/x4.safetensors" >"$work/cut.safetensors"
    head -c 5 "$work/x4.safetensors" >"$work/header.safetensors"
    echo 'this is text' >"$work/text.safetensors"
    head -c 4000 "$store" >"$work/cut.h5"
    ! [ -e "$published.pth" ] || head -c 100000 "$published.pth" >"$work/cut.pth"
    ! [ -e "$published-legacy.pth" ] || head -c 100000 "$published-legacy.pth" >"$work/cut-legacy.pth"
    ! [ -e "$published.safetensors" ] || head -c 100000 "$published.safetensors" >"$work/cut-published.safetensors"
    local jpeg
    for jpeg in "$UNMUSH_SHARED"/photos/train/2*.jpg; do
        ! [ -e "$jpeg" ] || head -c 9000 "$jpeg" >"$work/cut.jpg"
    done
}

unknown_words() {
    local command
    refused "no command is wrong usage" 2 'no command given' "$UNMUSH"
    "$UNMUSH" 2>"$work/stderr" | grep -q '^usage: unmush COMMAND'
    check "no command prints the help" $?
    refused "--json is for commands that print JSON" 2 'unknown option --json' "$UNMUSH" blend a b --json
    refused "an unknown command gets a suggestion" 2 'upscal: .*did you mean upscale?' "$UNMUSH" upscal
    refused "an unknown command without a likeness is named" 2 'frobnicate: unknown command' "$UNMUSH" frobnicate
    for command in synth pairs train eval upscale export blend info; do
        refused "$command: an unknown option gets a suggestion" 2 \
            "$command: .*--thraeds, did you mean --threads?" "$UNMUSH" $command --thraeds=1
        refused "$command: a number that is none is named" 2 "$command: --threads: \"many\"" \
            "$UNMUSH" $command --threads=many
        refused "$command: a missing value is named" 2 '--threads needs a value' "$UNMUSH" $command --threads
        refused "$command: an empty value is named" 2 '--threads needs a value' "$UNMUSH" $command --threads=
        refused "$command: without what it needs is wrong usage" 2 "$command: " "$UNMUSH" $command
    done
}

values_out_of_range() {
    refused "synth: a size that is none" 2 'big' "$UNMUSH" synth -o "$out/a" --size=big
    refused "synth: a size out of range" 2 '16 to 4096' "$UNMUSH" synth -o "$out/a" --size=5000x8
    refused "synth: no pictures at all" 2 'count: 0' "$UNMUSH" synth -o "$out/a" --count=0
    refused "synth: an argument too many" 2 'more' "$UNMUSH" synth -o "$out/a" more
    refused "pairs: a scale out of range" 2 'scale: 99' "$UNMUSH" pairs -o "$out/a.h5" --scale=99 "$pictures"
    refused "upscale: a tile out of range" 2 'tile: -1' \
        "$UNMUSH" upscale --model="$work/x4.safetensors" --tile=-1 -o "$out/a.png" "$picture"
    refused "upscale: a precision that is none" 2 'precision: "fp8"' \
        "$UNMUSH" upscale --model="$work/x4.safetensors" --precision=fp8 -o "$out/a.png" "$picture"
    refused "blend: alpha beyond 1" 2 'alpha: 1.5' \
        "$UNMUSH" blend "$work/x4.safetensors" "$work/x4.safetensors" --alpha=1.5 -o "$out/a.safetensors"
    refused "blend: a third model" 2 'unexpected argument' "$UNMUSH" blend a b c -o "$out/a.safetensors"
    refused "export: an extension without a format" 2 'a.dat' "$UNMUSH" export "$work/x4.safetensors" -o "$out/a.dat"
    refused "info: an input size out of range" 2 'input: ' "$UNMUSH" info --input=99999x1 "$work/x4.safetensors"
}

# Every way a picture can be bad, for every command that reads pictures.
bad_pictures() {
    local name text folder
    while read -r name text; do
        if ! [ -e "$work/$name" ] && ! [ -L "$work/$name" ] && [[ $name != absent* ]]; then
            skip "$name is refused (needs the shared photographs)"
            continue
        fi
        refused "pairs: $name is refused" 1 "$name.*$text" \
            "$UNMUSH" pairs -q -o "$out/a.h5" --scale=4 --tile=32 "$picture" "$work/$name"
        refused "upscale: $name is refused" 1 "$name.*$text" \
            "$UNMUSH" upscale -q --model="$work/x4.safetensors" -o "$out/a.png" "$work/$name"
        [[ $name != absent* && $name != folder* ]] || continue
        folder=$work/set-$name
        mkdir "$folder"
        cp -a "$picture" "$work/$name" "$folder"
        refused "eval: $name is refused" 1 "$name.*$text" \
            "$UNMUSH" eval -q -o "$out/report" --scale=4 --hr="$folder"
    done <<END
absent.png [Nn]o such file
dangling.png [Nn]o such file
folder.png no PNG, JPEG, WebP or TIFF pictures
pipe.png not a regular file
empty.png empty
text.png not a PNG, JPEG, WebP or TIFF
cut.png truncated
header.png truncated
cut.jpg truncated
END
    refused "an empty folder of pictures is refused" 1 "$work/empty" \
        "$UNMUSH" upscale -q --model="$work/x4.safetensors" -o "$out/a" "$work/empty"
    refused "pictures smaller than a tile are refused" 1 '96x80.*smaller than a tile of 192x192' \
        "$UNMUSH" pairs -q -o "$out/a.h5" --scale=4 "$pictures"
    mkdir "$work/tiny"
    "$UNMUSH" synth -q -o "$work/tiny" --count=1 --size=16x40
    refused "pictures that a border leaves nothing of are refused" 1 "synth-.*png: 16x40.*fewer than 11x11" \
        "$UNMUSH" eval -q -o "$out/report" --scale=4 --hr="$work/tiny"
}

# Every way a weights file can be bad, for every command that reads models.
bad_models() {
    local name text
    while read -r name text; do
        if ! [ -e "$work/$name" ] && ! [ -L "$work/$name" ] && [[ $name != absent* ]]; then
            skip "$name is refused (needs the shared weights)"
            continue
        fi
        refused "upscale: $name is refused" 1 "$name.*$text" \
            "$UNMUSH" upscale -q --model="$work/$name" -o "$out/a.png" "$picture"
        refused "eval: $name is refused" 1 "$name.*$text" \
            "$UNMUSH" eval -q -o "$out/report" --scale=4 --hr="$pictures" --model="$work/$name"
        refused "export: $name is refused" 1 "$name.*$text" "$UNMUSH" export -q "$work/$name" -o "$out/a.onnx"
        refused "blend: $name is refused" 1 "$name.*$text" \
            "$UNMUSH" blend -q "$work/x4.safetensors" "$work/$name" -o "$out/a.safetensors"
        refused "info: $name is refused" 1 "$name.*$text" "$UNMUSH" info "$work/$name"
    done <<END
absent.pth No such file
dangling.pth No such file
folder.pth not a regular file
pipe.pth not a regular file
text.safetensors neither a safetensors nor a torch
cut.safetensors tensor
header.safetensors neither a safetensors nor a torch
cut.pth .
cut-legacy.pth .
cut-published.safetensors tensor
text.png neither a safetensors nor a torch
END
    refused "a truncated store is refused by info" 1 'cut.h5: damaged or incomplete HDF5' "$UNMUSH" info "$work/cut.h5"
    refused "a folder is refused by info" 1 'folder.h5: not a regular file' "$UNMUSH" info "$work/folder.h5"
    refused "a store is no model" 1 'store.h5' "$UNMUSH" upscale -q --model="$store" -o "$out/a.png" "$picture"
    refused "a model of another scale is refused, naming both" 1 'enlarges by 2, --scale asks for 4' \
        "$UNMUSH" eval -q -o "$out/report" --scale=4 --hr="$pictures" --model="$work/x2.safetensors"
    refused "networks of different scales are not blended" 1 'srvgg x4.*srvgg x2.*cannot be blended' \
        "$UNMUSH" blend -q "$work/x4.safetensors" "$work/x2.safetensors" -o "$out/a.safetensors"
    refused "networks of different widths are not blended" 1 'cannot be blended.*wider.safetensors.*body.0.weight' \
        "$UNMUSH" blend -q "$work/x4.safetensors" "$work/wider.safetensors" -o "$out/a.safetensors"
    if has_shared weights/lpips-v0.1-alex.pth; then
        refused "weights of no known network are named by their first key" 1 'lin0.model.1.weight' \
            "$UNMUSH" upscale -q --model="$weights/lpips-v0.1-alex.pth" -o "$out/a.png" "$picture"
    else
        skip "weights of no known network (needs the shared weights)"
    fi
    refused "a folder without feature weights says what it needs" 1 'empty: LPIPS alex lacks alexnet.*`unmush weights fetch lpips-alex`' \
        "$UNMUSH" eval -q -o "$out/report" --scale=4 --hr="$pictures" --weights="$work/empty"
}

# The config of a short training, changed by one expression of sed.
config() { # SED
    sed "$1" >"$work/config.json" <<END
{"name": "short", "scale": 4, "batch": 2, "crop": 4,
 "generator": {"type": "srvgg", "features": 8, "convs": 1},
 "data": {"train": [{"pairs": "$store"}]},
 "stages": [{"name": "l1", "steps": 1, "rate": 0.001, "loss": {"l1": 1}}]}
END
}

bad_configs() {
    local sentence change text
    while IFS='|' read -r sentence change text; do
        config "$change"
        refused "train: $sentence" 1 "config.json.*$text" "$UNMUSH" train -q "$work/config.json" -o "$out/run"
    done <<'END'
a text where a number belongs|s/"batch": 2/"batch": "two"/|batch: expected a number
a number where a list belongs|s/"stages": .*/"stages": 1}/|stages: expected an array
a fraction where a whole number belongs|s/"batch": 2/"batch": 2.5/|batch: 2.5 is not a whole number
a value out of range|s/"scale": 4/"scale": 40/|scale: 40 is out of range
an unknown key gets a suggestion|s/"crop"/"crup"/|crup: unknown key, did you mean "crop"?
an unknown key deep inside|s/{"l1": 1}/{"l2": 1}/|stages\[0\].loss.l2: unknown key
an unknown key of the network|s/"features"/"feature"/|generator.feature: unknown key, did you mean "features"?
an unknown network|s/srvgg/srgan/|generator: type: "srgan" is none of srvgg
a duplicate key|s/"batch": 2/"batch": 2, "batch": 3/|key "batch" appears twice
what is no JSON|s/"scale": 4,/"scale": 4/|line 1: not valid JSON
a missing part|s/"stages": .*/"seed": 1}/|stages: missing
two stages of one name|s/"stages": \[\(.*\)\]}$/"stages": [\1,\1]}/|stages\[1\].name
END
    refused "train: a missing config is named" 1 'absent.json.*No such file' "$UNMUSH" train "$work/absent.json" -o "$out/run"
    refused "train: a pipe is no config" 1 'pipe.json: not a regular file' "$UNMUSH" train "$work/pipe.json" -o "$out/run"
    refused "train: a folder is no config" 1 'folder.json: not a regular file' "$UNMUSH" train "$work/folder.json" -o "$out/run"
    config ''
    refused "train: an override of an unknown key is named" 1 'stages\[0\].stepz: unknown key' \
        "$UNMUSH" train "$work/config.json" 'stages[0].stepz=3' -o "$out/run"
    refused "train: an override of no stage is named" 1 'stages\[7\].steps=3' \
        "$UNMUSH" train "$work/config.json" 'stages[7].steps=3' -o "$out/run"
    refused "train: a word that is no override is wrong usage" 2 'extra: expected KEY=VALUE' \
        "$UNMUSH" train "$work/config.json" extra -o "$out/run"
}

bad_outputs() {
    refused "an output without a name is wrong usage" 2 'synth: --output needs a value' "$UNMUSH" synth -o '' --count=1
    echo old >"$out/file"
    refused "synth: a folder that is a file" 1 "$out/file" "$UNMUSH" synth -q -o "$out/file" --count=1
    refused "eval: a folder that is a file" 1 "$out/file" \
        "$UNMUSH" eval -q -o "$out/file" --scale=4 --hr="$pictures"
    refused "upscale: a folder that is a file" 1 "$out/file" \
        "$UNMUSH" upscale -q --model="$work/x4.safetensors" -o "$out/file" "$pictures"
    refused "upscale: no such folder" 1 'nowhere/a.png' \
        "$UNMUSH" upscale -q --model="$work/x4.safetensors" -o "$out/nowhere/a.png" "$picture"
    refused "blend: no such folder" 1 'nowhere/a.safetensors' \
        "$UNMUSH" blend -q "$work/x4.safetensors" "$work/x4.safetensors" -o "$out/nowhere/a.safetensors"
    refused "blend: a file that is a folder" 1 "$work/empty" \
        "$UNMUSH" blend -q "$work/x4.safetensors" "$work/x4.safetensors" -o "$work/empty"
    refused "export: a file that is a folder" 1 "$work/empty: is a folder" \
        "$UNMUSH" export -q "$work/x4.safetensors" -o "$work/empty" --format=onnx
    rm "$out/file"
}

full_disk() {
    local watched=$disk full='No space left on device'
    if ! small_disk 16k; then
        skip "a full disk (needs root and a tmpfs)"
        return
    fi
    refused "synth: a full disk" 1 "$disk/.*$full" "$UNMUSH" synth -q -o "$disk" --count=3 --size=256x256
    refused "pairs: a full disk" 1 "$disk/a.h5: needs .* MB, .* MB free" \
        "$UNMUSH" pairs -q -o "$disk/a.h5" --scale=4 --tile=32 "$pictures"
    refused "upscale: a full disk" 1 "$disk/a.png.*$full" \
        "$UNMUSH" upscale -q --model="$work/x4.safetensors" -o "$disk/a.png" "$picture"
    refused "export: a full disk" 1 "$disk/a.onnx.*$full" "$UNMUSH" export -q "$work/wide.safetensors" -o "$disk/a.onnx"
    refused "export: a full disk while verifying" 1 "$disk/a.onnx.*$full" \
        "$UNMUSH" export -q "$work/wide.safetensors" -o "$disk/a.onnx" --verify
    refused "blend: a full disk" 1 "$disk/a.safetensors.*$full" \
        "$UNMUSH" blend -q "$work/wide.safetensors" "$work/wide.safetensors" -o "$disk/a.safetensors"
    refused "eval: a full disk" 1 "$disk/report/.*$full" \
        "$UNMUSH" eval -q -o "$disk/report" --scale=4 --hr="$pictures"
}

prepare
small_model "$work/wide.safetensors" 64 4
unknown_words
values_out_of_range
bad_pictures
bad_models
bad_configs
bad_outputs
full_disk
if ! [ -e /dev/full ]; then
    skip "results that cannot be printed"
else
    "$UNMUSH" info "$store" >/dev/full 2>"$work/stderr"
    [ $? -eq 1 ] && grep -q 'standard output: No space left' "$work/stderr"
    check "results that cannot be printed are an error" $?
fi
summary

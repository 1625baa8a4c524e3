#!/bin/bash
# `unmush upscale` from outside: what it reads, what it writes and under which names.
# See lib.sh for the environment.
. "$(dirname "$0")/lib.sh"

published=$UNMUSH_SHARED/weights/realesr-animevideov3-x4

# The same 7x5 gray levels in every form that PNG has for them; alpha is opaque.
pictures_of_every_kind() { # FOLDER
    local kind bytes
    mkdir "$1"
    while read -r kind bytes; do
        base64 -d <<<"$bytes" >"$1/$kind.png"
    done <<'END'
rgb iVBORw0KGgoAAAANSUhEUgAAAAcAAAAFCAIAAAAG+GGPAAAAdUlEQVR42g3MIRrAEBgA0P8kFnyOoKzInICiKYqwc2hUkkM4gBvIPsHqkvXtHeABABBChBDOuRBCrXWMAZRSY0yMsbX2vu/zPAghsNaWUuaca63jODDGWmvIOd/3vfc+z5NzLqVMKUHv/X8ZY0qp67q89//7ATE+NXTHAsKbAAAAAElFTkSuQmCC
gray iVBORw0KGgoAAAANSUhEUgAAAAcAAAAFCAAAAACs8akEAAAAM0lEQVR42gEoANf/AAAlSm+Uud4ANWWVxfXuHgBqpeDkHyNeAJ/l9DpJWJ4A1CU/WXON3luhEdJcLV2tAAAAAElFTkSuQmCC
gray16 iVBORw0KGgoAAAANSUhEUgAAAAcAAAAFEAAAAAD8YXVHAAAAVklEQVR42gFLALT/AAAAJSVKSm9vlJS5ud7eADU1ZWWVlcXF9fXu7h4eAGpqpaXg4OTkHx8jI15eAJ+f5eX09Do6SUlYWJ6eANTUJSU/P1lZc3ONjd7eFrkjo6muY3kAAAAASUVORK5CYII=
rgb16 iVBORw0KGgoAAAANSUhEUgAAAAcAAAAFEAIAAABWaL3MAAAAWklEQVR42iXOoRGCABQA0D8JBo4RKBYzTCDFRqEQnMMmFZJDOIAbkD0CVBJ07h5vghdBRknLmy9/Iqem48fOSkI0fJiYuZDyIAYWNq4U3OmJkfN6o+LJi/N6AL15aue+aiuCAAAAAElFTkSuQmCC
grayalpha iVBORw0KGgoAAAANSUhEUgAAAAcAAAAFCAQAAAAjkz5TAAAAU0lEQVR42g3LoRWCABQAwD8JBh4jUCxmmACKjWIhOIdNKiSGcAA3IPsIUEmQT65fhEyp9fbxE7lG5+uwScTDaLa4SN3FYLW7KlR6MZ33pvb0Ou8fnp80rw0ibJQAAAAASUVORK5CYII=
rgba iVBORw0KGgoAAAANSUhEUgAAAAcAAAAFCAYAAACJmvbYAAAAhUlEQVR42h3NoRGAIBiA0X8SDRwjWChmnEALzUIxOAdNKiaHcAA3MHMGrSbNn3e+BZ6ICFprmqZhGAamaWJdV3LOSFVV9H1PjJFt23jfl/u+KYoC8d6zLAvHcXCeJ2VZopTCOYfM88x1XTzPgzEGay1t25JSQvZ9/8+6rum6jnEcCSH85weHH1hRowcE7gAAAABJRU5ErkJggg==
palette iVBORw0KGgoAAAANSUhEUgAAAAcAAAAFCAMAAAC+RAbqAAAAY1BMVEUAAAAeHh4fHx8jIyMlJSU1NTU6Ojo/Pz9JSUlKSkpYWFhZWVleXl5lZWVqampvb29zc3ONjY2UlJSVlZWenp6fn5+lpaW5ubnFxcXU1NTe3t7g4ODk5OTl5eXu7u709PT19fVigl1TAAAAMElEQVR42mNgYOHkFxKXYmDlFZZQkGNk4BOTlmFi5mEQlZVn4+ASYZBkYecWEJQCACrHAi8ZjLBrAAAAAElFTkSuQmCC
END
}

# Width and height, as PNG's header tells them.
extents() { # FILE.png
    od -An -tu1 -j16 -N8 "$1" | awk '{ print $3 * 256 + $4 "x" $7 * 256 + $8 }'
}

enlarge() { # OPTION...
    "$UNMUSH" upscale -q --model="$model" "$@"
}

names() {
    local first=$work/pictures/$one
    (cd "$work/pictures" && enlarge "$one")
    [ -e "${first%.png}-x4.png" ] && [ "$(extents "${first%.png}-x4.png")" = 160x128 ]
    check "without -o the picture lies beside the first one as NAME-x4.png" $?
    rm -f "${first%.png}-x4.png"
    enlarge -o "$work/one.png" "$first" && [ "$(extents "$work/one.png")" = 160x128 ]
    check "-o FILE names the file" $?
    mkdir "$work/there"
    enlarge -o "$work/there" "$first" && cmp -s "$work/there/$one" "$work/one.png"
    check "one picture goes into a folder that is there" $?
    enlarge -o "$work/made/new/" "$first" && cmp -s "$work/made/new/$one" "$work/one.png"
    check "a name that ends in / is a folder to be made" $?
    enlarge -o "$work/all" "$work/pictures" "$work/kinds" &&
        [ "$(ls "$work/all")" = "$( (ls "$work/pictures"; ls "$work/kinds") | sort)" ]
    check "folders of pictures become a folder of the same names" $?
    cmp -s "$work/all/$one" "$work/one.png"
    check "a picture becomes the same in company" $?
    refused "two pictures that would get the same name are refused" 2 "$one and .*$one would both become" \
        "$UNMUSH" upscale -q --model="$model" -o "$out/both" "$first" "$work/all/$one"
    refused "also where one name is written in two ways" 2 "would both become" \
        sh -c "cd '$work/kinds' && exec '$UNMUSH' upscale -q --model='$(realpath "$model")' rgb.png ./rgb.png"
    refused "a picture is not replaced by its enlarged form" 2 "$one would replace" \
        "$UNMUSH" upscale -q --overwrite --model="$model" -o "$work/pictures" "$work/pictures"
    refused "a name of another format is refused" 2 'large.jpg: would hold PNG' \
        "$UNMUSH" upscale -q --model="$model" --format=png -o "$out/large.jpg" "$first"
    refused "a name of no format is refused" 2 'large.bmp: pictures are written as' \
        "$UNMUSH" upscale -q --model="$model" -o "$out/large.bmp" "$first"
    mkdir -p "$work/tree/deep/er" && cp "$first" "$work/tree/deep/er/a.png" && cp "$first" "$work/tree/b.png"
    enlarge -o "$work/mirror" "$work/tree" && cmp -s "$work/mirror/deep/er/a.png" "$work/one.png" &&
        cmp -s "$work/mirror/b.png" "$work/one.png"
    check "subfolders are mirrored" $?
}

# A second run over results that are there.
there() {
    local first=$work/pictures/$one
    cp "$work/one.png" "$work/kept.png"
    refused "what is there is not replaced" 1 'kept.png is there already: --overwrite' \
        "$UNMUSH" upscale -q --model="$model" -o "$work/kept.png" "$work/kinds/rgb.png"
    cmp -s "$work/kept.png" "$work/one.png"
    check "and stays as it was" $?
    enlarge --overwrite -o "$work/kept.png" "$work/kinds/rgb.png" && [ "$(extents "$work/kept.png")" = 28x20 ]
    check "--overwrite replaces it" $?
    mkfifo "$work/slow" && { enlarge -o "$work/late.png" - <"$work/slow" 2>"$work/log" & } &&
        { sleep 1; echo mine >"$work/late.png"; cat "$work/kinds/rgb.png"; } >"$work/slow"
    wait $! || grep -q 'late.png.* is there already' "$work/log" && [ "$(cat "$work/late.png")" = mine ]
    check "nor what comes there while it is made" $?
    rm "$work/all/$one" && cp "$work/one.png" "$work/all/gray.png"
    enlarge --skip -o "$work/all" "$work/pictures" "$work/kinds" && cmp -s "$work/all/$one" "$work/one.png" &&
        cmp -s "$work/all/gray.png" "$work/one.png"
    check "--skip makes what is missing and leaves the rest" $?
    enlarge --overwrite -o "$work/all" "$work/kinds"
}

broken() {
    mkdir "$work/some" && cp "$work"/pictures/*.png "$work/some" && head -c 200 "$work/some/$one" >"$work/some/cut.png"
    refused "of a broken picture in a folder there is one line" 1 'cut.png: truncated PNG' \
        "$UNMUSH" upscale -q --model="$model" -o "$work/rest" "$work/some"
    [ "$(ls "$work/rest")" = "$(ls "$work/pictures")" ]
    check "and the others are made" $?
    rm -r "$work/rest"
    "$UNMUSH" upscale --json --model="$model" -o "$work/rest" "$work/some" 2>/dev/null | grep -q '"height":128}.*"failed":1}$'
    check "--json says what was made and what failed" $?
    "$UNMUSH" upscale -q --model=auto --explain "$work/some" >"$work/said" 2>"$work/log"
    [ $? = 1 ] && grep -q 'cut.png: truncated PNG' "$work/log" && [ "$(grep -c '^/' "$work/said")" = 2 ]
    check "--explain goes on behind a broken picture, too" $?
}

geometry() {
    local first=$work/pictures/$one
    enlarge --scale=2.5 -o "$work/2.5.png" "$first" && [ "$(extents "$work/2.5.png")" = 100x80 ]
    check "another scale than the model's is resampled" $?
    enlarge --scale=6 -o "$work/6.png" "$first" && [ "$(extents "$work/6.png")" = 240x192 ]
    check "a larger one too" $?
    enlarge --fit=90x90 -o "$work/fit.png" "$first" && [ "$(extents "$work/fit.png")" = 90x72 ]
    check "--fit keeps the aspect ratio" $?
    enlarge --crop=1:1 --fit=100x500 -o "$work/square.png" "$first" && [ "$(extents "$work/square.png")" = 100x100 ]
    check "--crop and --fit work together" $?
    enlarge --crop=10x6+30+26 -o "$work/corner.png" "$first" && [ "$(extents "$work/corner.png")" = 40x24 ]
    check "--crop takes a place" $?
    refused "a place beyond the picture is refused" 1 "$one: --crop: 10x6.31.26 reaches beyond" \
        "$UNMUSH" upscale -q --model="$model" --crop=10x6+31+26 -o "$out/x.png" "$first"
    refused "a crop that is none is refused" 2 '--crop: 10,6 is not' \
        "$UNMUSH" upscale -q --model="$model" --crop=10,6 -o "$out/x.png" "$first"
    refused "--scale and --fit contradict each other" 2 'contradict' \
        "$UNMUSH" upscale -q --model="$model" --scale=2 --fit=9x9 -o "$out/x.png" "$first"
}

pipes() {
    local first=$work/pictures/$one
    enlarge - <"$first" >"$work/piped.png" && cmp -s "$work/piped.png" "$work/one.png"
    check "a picture goes through a pipe" $?
    enlarge --format=jpeg -o - "$first" | head -c 3 | od -An -tx1 | grep -q 'ff d8 ff'
    check "-o - writes to standard output in any format" $?
    refused "a pipe is for one picture" 2 'is for one picture' \
        "$UNMUSH" upscale -q --model="$model" -o - "$work/pictures"
    refused "what is no picture in a pipe is refused" 1 'standard input: ' \
        sh -c "echo nothing | '$UNMUSH' upscale -q --model='$model' -"
}

memory() {
    enlarge --memory=16 -o "$work/little.png" "$work/pictures/$one" && mkdir -p "$work/a" "$work/b" &&
        cp "$work/little.png" "$work/a/p.png" && cp "$work/one.png" "$work/b/p.png" && alike "$work/a" "$work/b" 70
    check "with little memory tiles are smaller and the picture the same" $?
    "$UNMUSH" synth -q -o "$work/larger" --count=1 --size=200x160 --seed=2
    refused "with too little there is one line" 1 'out of memory' \
        "$UNMUSH" upscale -q --model="$model" --memory=1 -o "$out/x.png" "$work"/larger/*.png
}

grain() {
    local first=$work/pictures/$one
    enlarge --grain=off -o "$work/no-grain.png" "$first" && cmp -s "$work/no-grain.png" "$work/one.png"
    check "--grain=off is as without" $?
    "$UNMUSH" upscale --model="$model" --grain=keep -o "$work/smooth.png" "$work/kinds/rgb.png" 2>&1 |
        grep 'rgb.png: no grain found, none is added' >/dev/null && cmp -s "$work/smooth.png" "$work/all/rgb.png"
    check "a picture without grain gets none" $?
    refused "grain that is none is refused" 2 '--grain: film is not off, keep or a number of 0 to 8' \
        "$UNMUSH" upscale -q --model="$model" --grain=film -o "$out/x.png" "$first"
}

blends() {
    "$UNMUSH" upscale -q --model="$model" --blend="$model" --alpha=0.3 -o "$work/blend.png" "$work/pictures/$one" &&
        cmp -s "$work/blend.png" "$work/one.png"
    check "a blend of a model with itself is the model" $?
}

# PSNR-Y of every picture of one folder against those of another, at least so many dB.
alike() { # FOLDER FOLDER DECIBELS
    "$UNMUSH" eval -q -o "$work/report" --scale=4 --crop=0 --hr="$1" --baseline=none --images=other="$2" >/dev/null &&
        awk -F, -v least="$3" '$1 == "other" && $3 != "" && $3 < least { bad = 1 } END { exit bad }' "$work/report/metrics.csv"
}

every_kind() {
    local kind same=0
    mkdir "$work/rgb" "$work/kind"
    for kind in gray gray16 rgb16 grayalpha rgba palette; do
        cp "$work/all/rgb.png" "$work/rgb/$kind.png" && cp "$work/all/$kind.png" "$work/kind/$kind.png"
    done
    # The network colours gray a little, which the mean of its channels does not.
    alike "$work/rgb" "$work/kind" 35
    check "gray, palette, 16-bit and alpha pictures become what their RGB form becomes" $?
    for kind in rgb:8-bit/color.RGB gray:8-bit.grayscale gray16:16-bit.grayscale rgb16:16-bit/color.RGB \
        grayalpha:8-bit.gray+alpha rgba:8-bit/color.RGBA; do
        file "$work/all/${kind%%:*}.png" | grep -q "${kind#*:}" || { same=1 && echo "${kind%%:*} became something else"; }
    done
    check "they keep their channels and depth" $same
    enlarge --depth=8 -o "$work/8.png" "$work/kinds/rgb16.png" && cmp -s "$work/8.png" "$work/all/rgb.png"
    check "--depth=8 rounds" $?
    [ "$(extents "$work/all/rgb.png")" = 28x20 ]
    check "odd extents are enlarged" $?
}

tiles() {
    local tile same=0
    for tile in 16 37 8192; do
        enlarge -o "$work/tile$tile.png" --tile=$tile "$work/pictures/$one" || same=1
    done
    # Bytes may differ where a sum in another order rounds the other way: eval measures by how much.
    mkdir -p "$work/whole" "$work/tiled" && cp "$work/tile8192.png" "$work/whole/a.png"
    for tile in 16 37; do
        cp "$work/tile$tile.png" "$work/tiled/a.png"
        "$UNMUSH" eval -q -o "$work/report" --scale=4 --crop=0 --hr="$work/whole" --baseline=none \
            --images=tiled="$work/tiled" >"$work/table" &&
            awk -F, '$1 == "tiled" && $2 == "a.png" { exit !($4 == "" || $4 > 70) }' "$work/report/metrics.csv"
        check "tiles of $tile pixels give the untiled picture" $?
    done
    check "every tile size is accepted" $same
}

files() {
    local kind
    for kind in pth safetensors; do
        model=$published.$kind enlarge -o "$work/from-$kind.png" "$work/kinds/rgb.png"
    done
    model=$published-legacy.pth enlarge -o "$work/from-legacy.png" "$work/kinds/rgb.png"
    cmp -s "$work/from-pth.png" "$work/from-safetensors.png" && cmp -s "$work/from-pth.png" "$work/from-legacy.png"
    check "the published network gives the same bytes from each of its three files" $?
}

if ! [ -e "$published.pth" ]; then
    skip "upscale (needs the shared weights)"
    summary
    exit
fi
model=$published.pth
"$UNMUSH" synth -q -o "$work/pictures" --count=2 --size=40x32 --seed=1
check "pictures to enlarge" $?
one=$(basename "$(ls "$work"/pictures/*.png | head -1)")
pictures_of_every_kind "$work/kinds"
names
there
broken
geometry
pipes
memory
grain
blends
every_kind
tiles
files
summary

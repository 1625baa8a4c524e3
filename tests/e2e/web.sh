#!/bin/bash
# `unmush export --format=web`: what it writes and refuses, and its pages in headless Chromium, opened as files and from a
# plain server. CHROMIUM names the browser; without one, or without npm's onnxruntime-web, the pages are skipped.
. "$(dirname "$0")/lib.sh"
cd "$work" || exit 1

cat >try.json <<'END'
{"name": "try", "scale": 4, "batch": 2, "crop": 16, "precision": "fp32",
 "generator": {"type": "srvgg", "features": 12, "convs": 3},
 "data": {"train": [{"hr": "pictures", "degrade": "bicubic"}]},
 "stages": [{"name": "first", "steps": 3, "rate": 1e-3, "loss": {"l1": 1}},
            {"name": "second", "steps": 6, "rate": 2e-2, "loss": {"l1": 1}}]}
END

# A disc that fades out at its edge, over nothing; and a PNG that ends early.
draw() {
    node -e '
        const { writePng } = require(process.argv[1] + "/png.js"), fs = require("fs");
        const width = 72, height = 56, pixels = Buffer.alloc(width * height * 4);
        for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) {
            const alpha = Math.max(0, Math.min(1, (24 - Math.hypot(x - 36, y - 28)) / 6));
            pixels.set(alpha ? [40 + 2 * x, 200 - 2 * y, 90 + (x * y) % 60, Math.round(255 * alpha)] : [0, 0, 0, 0], 4 * (y * width + x));
        }
        fs.writeFileSync("cut.png", writePng({ width, height, channels: 4, pixels }));' "$here" &&
        head -c 300 picture.png >broken.png
}

enlarge() { # MODEL PICTURE EXPECTED
    mkdir -p expected && rm -rf made && "$UNMUSH" upscale -q --model="$1" -o made/ "$2" && mv made/* "expected/$3"
}

look() { # WHAT PAGE HOW CHECK...
    local what=$1
    shift
    count_checks "$what" timeout 300 node "$here/web_page.js" "$chromium" "$work" "$@"
}

"$UNMUSH" synth -q -o pictures --count=4 --size=160x120 --seed=3 && cp "$(ls pictures/* | head -1)" picture.png &&
    "$UNMUSH" train try.json -q -o run >said 2>&1
check "two small models are trained" $?
first=run/first.safetensors second=run/second.safetensors

# What needs no onnxruntime-web.
mkdir nothing "$out/mine" && echo mine >"$out/mine/letter.txt"
refused "onnxruntime-web that is missing is one line with the command that gets it" 1 'npm install .*onnxruntime-web@' \
    env -u UNMUSH_WEB_RUNTIME HOME="$work/nothing" XDG_CACHE_HOME= "$UNMUSH" export "$first" --format=web -o "$out/page"
refused "a folder that is not that is named" 1 "$work/nothing: not the files of onnxruntime-web" \
    "$UNMUSH" export "$first" --format=web --runtime="$work/nothing" -o "$out/page"
refused "a folder with other things in it is left alone" 1 'letter.txt: is no file of such a page' \
    "$UNMUSH" export "$first" --format=web -o "$out/mine"
mkdir -p "$out/site/.git" && echo mine >"$out/site/.git/HEAD"
refused "a folder with only hidden things in it is left alone" 1 '.git: is no file of such a page' \
    "$UNMUSH" export "$first" --format=web -o "$out/site"
[ "$(cat "$out/site/.git/HEAD")" = mine ]
check "they are still there" $?
refused "other formats take one model" 2 'only --format=web takes two models' \
    "$UNMUSH" export "$first" "$second" -o "$out/model.onnx"

refused "8-bit models have no dial" 2 'cannot be blended' \
    "$UNMUSH" export "$first" "$second" --int8 --calibrate=pictures --format=web -o "$out/page"

if ! web_runtime; then
    skip "the page (node, npm or its package cannot be had here)"
    summary
    exit
fi

"$UNMUSH" export "$first" --format=web -o page --verify --json >said && grep -q '"format":"web".*"verified":true' said
check "a page is written, and its model verified" $?
"$UNMUSH" export -q "$first" "$second" --format=web -o page &&
    [ "$(grep -c '^MODEL.ends' page/model.js)" = 2 ] && ! ls -d page.*unfinished >/dev/null 2>&1
check "another takes its place as a whole" $?
grep -rqE "(src|href)=\"https?:" page/index.html page/style.css
check "the page names no address" $((1 - $?))
"$UNMUSH" export -q "$first" --format=web -o one && "$UNMUSH" export -q "$first" --half --format=web -o half &&
    "$UNMUSH" export -q "$first" "$second" --half --format=web -o halves
check "pages of one model, also in float16, are written" $?
"$UNMUSH" train try.json -q -o other 'generator.features=8' 'stages[0].steps=1' 'stages[1].steps=1' >said 2>&1
refused "two networks that cannot be blended are named" 1 'first.safetensors' \
    "$UNMUSH" export "$first" other/first.safetensors --format=web -o "$out/page"

chromium=$(browser)
if [ -z "$chromium" ]; then
    skip "the page in a browser: chromium is not here"
    summary
    exit
fi
draw && enlarge $first picture.png picture.png && enlarge $first cut.png cut.png && enlarge $second picture.png second.png &&
    "$UNMUSH" blend -q $first $second --alpha=0.5 -o blend.safetensors && enlarge blend.safetensors picture.png half.png
check "unmush enlarges the pictures that the page is compared with" $?
look "as files" page file picture quiet saved transparency tiles broken cancel failure dropped keyboard pointer touch dial looks
look "from a plain server" page server picture quiet dial
look "from a server that allows threads" page isolated picture quiet
look "of one model" one file picture dial
look "in float16" half file picture
look "in float16, two models" halves file dial
look "on WebGPU, pretended" one file webgpu

published=$UNMUSH_SHARED/weights/realesr-animevideov3-x4.pth
if [ -e "$published" ]; then
    "$UNMUSH" export -q "$published" --format=web -o published && enlarge "$published" picture.png picture.png
    check "a page of the published network is written" $?
    look "of the published network" published file picture
    look "of the published network, with threads" published isolated picture
else
    skip "the page of the published network (no $published)"
fi
summary

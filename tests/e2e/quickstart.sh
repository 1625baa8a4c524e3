#!/bin/bash
# The quickstart as a user runs it, in its shortest form; only among the long tests.
. "$(dirname "$0")/lib.sh"

if [ "$UNMUSH_LONG" != yes ]; then
    skip "the quickstart makes everything it names (among the long tests: tests/run.sh --all)"
    summary
    exit
fi
"$here/../../experiments/quickstart.sh" --minutes=2 --output="$work/run" >"$work/log" 2>&1
check "the quickstart ends well" $? || tail -n 20 "$work/log"
for file in l1.safetensors adversarial.safetensors blend.safetensors model.onnx report/index.html report/strips.png \
    upscaled.png summary.json; do
    [ -s "$work/run/$file" ]
    check "the quickstart makes $file" $?
done
python3 -c 'import json, sys; s = json.load(open(sys.argv[1])); assert len(s["table"]) == 8 and s["seconds"] and s["versions"]' \
    "$work/run/summary.json"
check "summary.json holds the table, seconds and versions" $?
"$here/../../experiments/quickstart.sh" --photos="$work/nowhere" >"$work/log" 2>&1
[ $? -eq 1 ] && grep -q "nowhere: no such folder" "$work/log"
check "a missing folder of photographs is named" $?
summary

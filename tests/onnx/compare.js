// compare.js MODEL.onnx FOLDER NxHxW...: runs MODEL.onnx in ONNX Runtime on FOLDER/NxHxW.input.f32 and
// prints "NxHxW DIFFERENCE" for each: the largest absolute difference from FOLDER/NxHxW.output.f32.
// onnxruntime-node is looked for in $NODE_PATH.
'use strict';
const fs = require('fs');
const path = require('path');
const ort = require('onnxruntime-node');

function readFloats(file) {
    const bytes = fs.readFileSync(file);
    return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

function largestDifference(a, b) {
    if (a.length !== b.length) return Infinity;
    let largest = 0;
    for (let i = 0; i < a.length; i++) {
        const difference = Math.abs(a[i] - b[i]);
        if (!(difference <= largest)) largest = Number.isNaN(difference) ? Infinity : difference;
    }
    return largest;
}

async function main([model, folder, ...cases]) {
    const session = await ort.InferenceSession.create(model);
    for (const name of cases) {
        const [n, h, w] = name.split('x').map(Number);
        const values = readFloats(path.join(folder, `${name}.input.f32`));
        const channels = values.length / (n * h * w);
        const input = new ort.Tensor('float32', values, [n, channels, h, w]);
        const { output } = await session.run({ input });
        const expected = readFloats(path.join(folder, `${name}.output.f32`));
        console.log(name, largestDifference(output.data, expected).toExponential(3));
    }
}

main(process.argv.slice(2)).catch((error) => {
    console.error(`compare.js: ${error.message}`);
    process.exit(1);
});

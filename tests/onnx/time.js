// time.js THREADS WxH ROUNDS MODEL.onnx...: runs the models in ONNX Runtime in turns on one picture and prints the
// median and the least time of each in milliseconds, and by how much it is faster than the first (medians).
// onnxruntime-node is looked for in $NODE_PATH.
'use strict';
const ort = require('onnxruntime-node');

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

async function main([threads, size, rounds, ...models]) {
    const [w, h] = size.split('x').map(Number);
    const options = { intraOpNumThreads: Number(threads), interOpNumThreads: 1 };
    const sessions = [];
    for (const model of models) sessions.push(await ort.InferenceSession.create(model, options));
    const values = new Float32Array(3 * h * w).map((_, i) => 0.5 + 0.5 * Math.sin(i * 0.37 + i * i * 1e-5));
    const input = new ort.Tensor('float32', values, [1, 3, h, w]);
    const times = models.map(() => []);
    for (let round = -1; round < Number(rounds); round++) {
        for (let i = 0; i < sessions.length; i++) {
            const before = process.hrtime.bigint();
            await sessions[i].run({ input });
            if (round >= 0) times[i].push(Number(process.hrtime.bigint() - before) / 1e6);
        }
    }
    models.forEach((model, i) => {
        const ratio = median(times[0]) / median(times[i]);
        console.log(`${model} threads ${threads}, ${size}: median ${median(times[i]).toFixed(1)} ms, ` +
            `least ${Math.min(...times[i]).toFixed(1)} ms, times as fast: ${ratio.toFixed(2)}`);
    });
}

main(process.argv.slice(2)).catch((error) => {
    console.error(`time.js: ${error.message}`);
    process.exit(1);
});

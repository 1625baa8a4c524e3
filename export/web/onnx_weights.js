// Runs in the worker. Finds the weights in an ONNX file and mixes those of two. An ONNX file is a protocol buffer:
// ModelProto.graph is field 7, GraphProto.initializer field 5; of TensorProto, data_type is 2, name 8, raw_data 9.
"use strict";

const FLOAT = 1, HALF = 10;

// The fields of the message at bytes[at..end]: {field, at, end} of what is delimited, {field, value} of integers.
function* protobufFields(bytes, at, end) {
    const varint = () => {
        let value = 0, shift = 1;
        for (;;) {
            if (at >= end) throw new Error("the model is damaged");
            const byte = bytes[at++];
            value += (byte & 127) * shift;
            if (byte < 128) return value;
            shift *= 128;
        }
    };
    while (at < end) {
        const key = varint(), field = Math.floor(key / 8), wire = key % 8;
        if (wire === 0) yield { field, value: varint() };
        else if (wire === 1) at += 8;
        else if (wire === 5) at += 4;
        else if (wire === 2) {
            const length = varint();
            if (at + length > end) throw new Error("the model is damaged");
            yield { field, at, end: at + length };
            at += length;
        } else throw new Error("the model is damaged");
    }
}

// name -> {type, at, end} of every initialiser.
function findWeights(bytes) {
    const weights = new Map(), text = new TextDecoder();
    for (const graph of protobufFields(bytes, 0, bytes.length)) {
        if (graph.field !== 7) continue;
        for (const tensor of protobufFields(bytes, graph.at, graph.end)) {
            if (tensor.field !== 5) continue;
            const found = { type: 0, at: 0, end: 0 };
            let name = "";
            for (const part of protobufFields(bytes, tensor.at, tensor.end)) {
                if (part.field === 2) found.type = part.value;
                if (part.field === 8) name = text.decode(bytes.subarray(part.at, part.end));
                if (part.field === 9) [found.at, found.end] = [part.at, part.end];
            }
            weights.set(name, found);
        }
    }
    return weights;
}

// The value of a half-precision number, and the half nearest to a value that is one after rounding to even.
function fromHalf(bits) {
    const exponent = bits >> 10 & 31, fraction = bits & 1023, sign = bits & 0x8000 ? -1 : 1;
    if (exponent === 31) return fraction ? NaN : sign * Infinity;
    return sign * (exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : 2 ** -24 * fraction);
}

function toHalf(value) {
    const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0, size = Math.abs(value);
    if (!(size < 65520)) return sign | (Number.isNaN(value) ? 0x7e00 : 0x7c00);
    const exponent = Math.max(Math.floor(Math.log2(size)), -14), unit = 2 ** (exponent - 10), steps = size / unit;
    let count = Math.round(steps);
    if (Math.abs(steps % 1) === 0.5 && count % 2) count--;
    // 2048 steps are the next power of two, and its bits follow by themselves.
    return sign | (size < 2 ** -14 ? count : (exponent + 15 << 10) + (count - 1024));
}

// (1 - alpha) a + alpha b of every weight, as a file like a. Both are of one network, written by one program.
function blendWeights(a, b, alpha) {
    const mixed = a.slice(), view = new DataView(mixed.buffer), other = new DataView(b.buffer, b.byteOffset);
    const theirs = findWeights(b), mix = (x, y) => (1 - alpha) * x + alpha * y;
    for (const [name, { type, at, end }] of findWeights(a)) {
        const their = theirs.get(name);
        if (!their || their.type !== type || their.end - their.at !== end - at)
            throw new Error(`the two models differ in more than their weights (${name})`);
        const shift = their.at - at;
        if (type !== FLOAT && type !== HALF && !a.subarray(at, end).every((byte, i) => byte === b[their.at + i]))
            throw new Error(`the two models differ in numbers that cannot be mixed (${name})`);
        if (type === FLOAT)
            for (let i = at; i < end; i += 4) view.setFloat32(i, mix(view.getFloat32(i, true), other.getFloat32(i + shift, true)), true);
        else if (type === HALF)
            for (let i = at; i < end; i += 2)
                view.setUint16(i, toHalf(mix(fromHalf(view.getUint16(i, true)), fromHalf(other.getUint16(i + shift, true)))), true);
    }
    return mixed;
}

"""What the benchmarks' programs in Python share. Nothing here imports PyTorch, so that `tune` can come before it."""
import ctypes
import json
import os
import struct
import subprocess
import sys
import time

import numpy as np


def tune():
    """What a careful user of PyTorch sets: AVX-512 element kernels, an allocator that keeps its memory."""
    os.environ.setdefault("ATEN_CPU_CAPABILITY", "avx512")
    ctypes.CDLL(None).mallopt(-3, 1 << 30)  # M_MMAP_THRESHOLD
    ctypes.CDLL(None).mallopt(-1, 1 << 30)  # M_TRIM_THRESHOLD


def threads():
    return len(os.sched_getaffinity(0))


def memory(field):
    for line in open("/proc/self/status"):
        if line.startswith(field):
            return int(line.split()[1]) * 1024


def begin_anew():
    """Memory as memory_begin_anew of tests/bench/process.h does."""
    ctypes.CDLL(None).malloc_trim(0)
    try:
        with open("/proc/self/clear_refs", "w") as file:
            file.write("5")
    except OSError:
        pass


def uniform(count, number):
    """count values in -1..1, those of formula_uniform (tests/nets/formula.h)."""
    with np.errstate(over="ignore"):
        h = np.arange(count, dtype=np.uint32) * np.uint32(2654435761)
        h += np.uint32((number + 1) * 2246822519 % 2**32)
        h ^= h >> np.uint32(15)
        h *= np.uint32(2654435761)
        h ^= h >> np.uint32(13)
    return 2 * (h / 2.0**32) - 1


def picture_bytes(*shape):
    """The made-up pictures of bench_train and bench_upscale, 0..1."""
    with np.errstate(over="ignore"):
        values = (np.arange(np.prod(shape), dtype=np.uint32) * np.uint32(2654435761)) >> np.uint32(24)
    return (values.astype(np.float32) / 255).reshape(shape)


def read_weights(path):
    with open(path, "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        data = file.read()
    header.pop("__metadata__", None)
    return {key: np.frombuffer(data[slice(*row["data_offsets"])], np.float32).reshape(row["shape"])
            for key, row in header.items()}


def write_weights(path, arrays):
    header, data = {}, []
    offset = 0
    for key, array in arrays.items():
        data.append(np.ascontiguousarray(array, np.float32).tobytes())
        header[key] = {"dtype": "F32", "shape": list(array.shape), "data_offsets": [offset, offset + len(data[-1])]}
        offset += len(data[-1])
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(data))


def obey(start, call, others):
    """Obeys lines as tests/bench/process.h does; start: bytes; others: what obeys each other word, by the word."""
    print("ready", flush=True)
    for line in sys.stdin:
        word, *rest = line.rstrip("\n").split(" ", 1)
        if word == "steps":
            began, worked = time.perf_counter(), time.process_time()
            for _ in range(int(rest[0])):
                call()
            answer = f"{time.perf_counter() - began:.6f} {time.process_time() - worked:.6f}"
        elif word == "memory":
            answer = f"{start} {memory('VmHWM:')}"
        else:
            answer = others[word](*rest)
            begin_anew()
        print(answer or "done", flush=True)


class Program:
    """One that obeys lines."""

    clock = 1 if threads() == 1 else 0  # one thread's processor time does not depend on what else runs

    def __init__(self, *command):
        self.name = os.path.basename(command[1] if command[0] == sys.executable else command[0])
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.answer()

    def answer(self):
        return self.process.stdout.readline().split() or sys.exit(f"{self.name} failed")

    def ask(self, line):
        print(line, file=self.process.stdin, flush=True)
        return self.answer()

    def seconds(self, steps):
        return float(self.ask(f"steps {steps}")[self.clock]) / steps

    def memory(self):
        """The most bytes held until now beyond those at the start."""
        start, most = self.ask("memory")
        return int(most) - int(start)

    def end(self):
        self.process.stdin.close()
        self.process.wait()

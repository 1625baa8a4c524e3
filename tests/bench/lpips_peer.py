"""LPIPS and DISTS by their reference implementations, in turns with bench_lpips: see lpips.sh.

    lpips_peer.py BENCH_LPIPS PERCEPTUAL_SIMILARITY DISTS alex|vgg|squeeze|dists PICTURE [ROUNDS [SCALE]]

PERCEPTUAL_SIMILARITY and DISTS are checkouts of richzhang/PerceptualSimilarity and dingkeyan93/DISTS, whose linear
weights, alpha and beta are taken; the backbones have formula weights (tests/nets/formula.h) and are written for both.
torchvision, whose networks the references take, is stood in for. PICTURE is enlarged SCALE times; the methods are four
blurs of it. Values must agree before anything is timed. PyTorch runs without gradients, with as many threads as ours,
AVX-512 element kernels and an allocator that keeps its memory.
"""
import ctypes
import json
import math
import os
import struct
import subprocess
import sys
import tempfile
import time
import types

os.environ.setdefault("ATEN_CPU_CAPABILITY", "avx512")
ctypes.CDLL(None).mallopt(-3, 1 << 30)  # M_MMAP_THRESHOLD
ctypes.CDLL(None).mallopt(-1, 1 << 30)  # M_TRIM_THRESHOLD
import cv2  # noqa: E402
import numpy as np  # noqa: E402
import torch  # noqa: E402
from torch import nn  # noqa: E402

METHODS = 4
FILES = {"alex": "alexnet", "vgg": "vgg16", "squeeze": "squeezenet1_1", "dists": "vgg16"}


def uniform(count, number):
    """count values in -1..1, those of formula_uniform."""
    with np.errstate(over="ignore"):
        h = np.arange(count, dtype=np.uint32) * np.uint32(2654435761)
        h += np.uint32((number + 1) * 2246822519 % 2**32)
        h ^= h >> np.uint32(15)
        h *= np.uint32(2654435761)
        h ^= h >> np.uint32(13)
    return 2 * (h / 2.0**32) - 1


def filled(layers):
    features = nn.Sequential(*layers)
    for number, p in enumerate(features.parameters()):
        values = uniform(p.numel(), number) * (0.1 if p.dim() == 1 else math.sqrt(6 / p[0].numel()))
        p.data = torch.from_numpy(values.astype(np.float32)).view(p.shape)
    return types.SimpleNamespace(features=features)


def relu():
    return nn.ReLU(inplace=True)


def vgg16(pretrained=False):
    layers, channels = [], 3
    for count, out in ((2, 64), (2, 128), (3, 256), (3, 512), (3, 512)):
        for _ in range(count):
            layers += [nn.Conv2d(channels, out, 3, padding=1), relu()]
            channels = out
        layers.append(nn.MaxPool2d(2, 2))
    return filled(layers)


def alexnet(pretrained=False):
    return filled([nn.Conv2d(3, 64, 11, 4, 2), relu(), nn.MaxPool2d(3, 2), nn.Conv2d(64, 192, 5, padding=2), relu(),
                   nn.MaxPool2d(3, 2), nn.Conv2d(192, 384, 3, padding=1), relu(), nn.Conv2d(384, 256, 3, padding=1),
                   relu(), nn.Conv2d(256, 256, 3, padding=1), relu()])


class Fire(nn.Module):
    def __init__(self, channels, squeeze, expand):
        super().__init__()
        self.squeeze = nn.Conv2d(channels, squeeze, 1)
        self.expand1x1 = nn.Conv2d(squeeze, expand, 1)
        self.expand3x3 = nn.Conv2d(squeeze, expand, 3, padding=1)
        self.relu = relu()

    def forward(self, x):
        x = self.relu(self.squeeze(x))
        return torch.cat([self.relu(self.expand1x1(x)), self.relu(self.expand3x3(x))], 1)


def squeezenet1_1(pretrained=False):
    pool = [nn.MaxPool2d(3, 2, ceil_mode=True) for _ in range(3)]
    return filled([nn.Conv2d(3, 64, 3, 2), relu(), pool[0], Fire(64, 16, 64), Fire(128, 16, 64), pool[1],
                   Fire(128, 32, 128), Fire(256, 32, 128), pool[2], Fire(256, 48, 192), Fire(384, 48, 192),
                   Fire(384, 64, 256), Fire(512, 64, 256)])


def stand_in(name, **members):
    module = types.ModuleType(name)
    module.__dict__.update(members)
    sys.modules[name] = module
    return module


def references(similarity, dists):
    """The modules of both checkouts."""
    stand_in("tqdm", tqdm=None)
    models = stand_in("torchvision.models", vgg16=vgg16, alexnet=alexnet, squeezenet1_1=squeezenet1_1)
    stand_in("torchvision", models=models, transforms=None)
    sys.path[:0] = [similarity, os.path.join(dists, "DISTS_pytorch")]
    import DISTS_pt
    import lpips

    return lpips, DISTS_pt


class Theirs:
    def __init__(self, net, similarity, dists):
        self.start = memory("VmRSS:")
        lpips, structure = references(similarity, dists)
        if net == "dists":
            model = structure.DISTS(load_weights=False)
            factors = torch.load(os.path.join(dists, "DISTS_pytorch", "weights.pt"), map_location="cpu")
            model.alpha.data, model.beta.data = factors["alpha"], factors["beta"]
            self.distance = model
        else:
            model = lpips.LPIPS(net=net, verbose=False)
            self.distance = lambda a, b: model(a, b, normalize=True)

    def measure(self, hr, pictures):
        began, worked = time.perf_counter(), time.process_time()
        with torch.no_grad():
            values = [self.distance(hr, sr).item() for sr in pictures]
        return [time.perf_counter() - began, time.process_time() - worked, *values]


class Ours:
    def __init__(self, bench, *arguments):
        self.process = subprocess.Popen([bench, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.answer()

    def answer(self):
        return self.process.stdout.readline().split() or sys.exit("lpips_peer.py: bench_lpips failed")

    def ask(self, line):
        print(line, file=self.process.stdin, flush=True)
        return [float(v) for v in self.answer()]


def memory(field):
    for line in open("/proc/self/status"):
        if line.startswith(field):
            return int(line.split()[1]) * 1024


def write_weights(path, tensors):
    header, data = {}, b""
    for key, tensor in tensors.items():
        values = tensor.detach().numpy().tobytes()
        header[key] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(values)]}
        data += values
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def make_weights(folder, net, similarity, dists):
    backbone = {"alexnet": alexnet, "vgg16": vgg16, "squeezenet1_1": squeezenet1_1}[FILES[net]]()
    write_weights(os.path.join(folder, FILES[net] + "-formula.safetensors"),
                  {"features." + key: p for key, p in backbone.features.named_parameters()})
    source = os.path.join(dists, "DISTS_pytorch/weights.pt") if net == "dists" else os.path.join(
        similarity, f"lpips/weights/v0.1/{net}.pth")
    os.symlink(os.path.abspath(source), os.path.join(folder, os.path.basename(source)))


def make_pictures(folder, path, scale):
    hr = cv2.imread(path)
    hr = cv2.resize(hr, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC) if scale != 1 else hr
    pictures = [hr] + [cv2.GaussianBlur(hr, (0, 0), 0.5 * (i + 1)) for i in range(METHODS)]
    paths = [os.path.join(folder, f"{i}.png") for i in range(METHODS + 1)]
    for file, picture in zip(paths, pictures):
        cv2.imwrite(file, picture)
    tensors = [torch.from_numpy(p[:, :, ::-1].transpose(2, 0, 1).astype(np.float32) / 255)[None] for p in pictures]
    return paths, [t.contiguous() for t in tensors]


def main():
    bench, similarity, dists, net, picture, *rest = sys.argv[1:]
    rounds, scale = (float(v) for v in rest + ["7", "1"][len(rest):])
    threads = len(os.sched_getaffinity(0))
    torch.set_num_threads(threads)
    clock = 1 if threads == 1 else 0  # one thread's processor time does not depend on what else runs
    with tempfile.TemporaryDirectory() as folder:
        make_weights(folder, net, similarity, dists)
        paths, (hr, *methods) = make_pictures(folder, picture, scale)
        theirs = Theirs(net, similarity, dists)
        ours = Ours(bench, net, folder, *paths)
        expected, found = (np.array(v[2:]) for v in (theirs.measure(hr, methods), ours.ask(f"measure {METHODS}")))
        apart = np.max(np.abs(found - expected) / expected)
        if not apart < 1e-4:
            sys.exit(f"lpips_peer.py: {net}: {found} is {apart:.2g} away from {expected}")
        print(f"  {net} {hr.shape[3]}x{hr.shape[2]}, {threads} thread{'s' * (threads > 1)}: values {apart:.1e} apart")
        for count in (1, METHODS):
            a, b = [], []
            for _ in range(int(rounds)):
                a.append(ours.ask(f"measure {count}")[clock])
                b.append(theirs.measure(hr, methods[:count])[clock])
            a, b = np.array(a), np.array(b)
            print(f"    {count} method{'s' * (count > 1)}: ours {a.min() * 1e3:.1f} ms, reference {b.min() * 1e3:.1f} ms:"
                  f" {b.min() / a.min():.2f} times as fast (median of rounds {np.median(b / a):.2f})")
            if count == 1:
                one = a.min()
        print(f"    ours, {METHODS} methods from one truth's features instead of {METHODS} times one: "
              f"{METHODS * one / a.min():.2f} times as fast")
        start, most = ours.ask("memory")
        held, theirs_held = int(most - start), memory("VmHWM:") - theirs.start
        print(f"    memory {held >> 20} MB against {theirs_held >> 20} MB: {held / theirs_held:.2f}")


main()

"""The table of tests/bench/speed.sh, which see."""
import argparse
import json
import os
import re
import subprocess
import sys
import tempfile

import numpy as np

from peer import Program, read_weights, threads

HERE = os.path.dirname(os.path.abspath(__file__))
PARTS = ("srvgg", "srvgg-adversarial", "rrdb", "rrdb-adversarial", "networks", "upscale", "lpips")
QUICK = ("srvgg", "srvgg-adversarial", "upscale", "lpips")
DEFAULT, RUNTIME = "PyTorch default fp32", "ONNX Runtime fp32"
METHODS = 4  # of lpips_peer.py
FP32_BOUND = 1e-3  # of gradients: L1 has a kink, with which two layouts of PyTorch are 4e-5 apart
TURN = 0.5  # seconds of a turn at least, where 20 steps take as long
FLAGS = "avx2 fma avx_vnni avx512f avx512_vnni avx512_bf16 amx_bf16 amx_int8 asimd bf16 sve"

SRVGG, RRDB = {"type": "srvgg"}, {"type": "rrdb"}
# What `networks` adds, each with its precision: PyTorch 1.13 has no mish in bf16, nor a layer norm under autocast.
OTHERS = [({"type": "srvgg", "features": 32, "convs": 8}, "bf16"), ({"type": "rrdb", "blocks": 6}, "bf16"),
          ({"type": "edsr"}, "bf16"), ({"type": "msrresnet"}, "bf16"), ({"type": "span", "norm": False}, "bf16"),
          ({"type": "realplksr", "blocks": 6, "norm": "group"}, "fp32"),
          ({"type": "swinir", "features": 60, "layers": 2, "upsampler": "pixelshuffledirect"}, "fp32")]
ADVERSARIAL = {"l1": 1, "perceptual": {"weight": 1}, "adversarial": {"weight": 0.1}}


def line(*cells):
    print("{:<34} {:<12} {:>10}  {:<26} {:>10} {:>8} {:>16} {:>6}".format(*cells), flush=True)


def remark(text):
    print("  " + text, flush=True)


def scaled(value, unit):
    """A cell of seconds or bytes."""
    if unit == "s":
        return f"{value * 1e3:.1f} ms" if value < 1 else f"{value:.2f} s"
    return f"{value / 2**20:.0f} MiB"


def compare(what, ours, other, asked="", unit="s"):
    """A line of the table. ours, other: (name, values of every round); their ratio is the median of the rounds'."""
    ratio = other[1] / ours[1] if unit == "s" else ours[1] / other[1]
    spread = f"({ratio.min():.2f}..{ratio.max():.2f})" if len(ratio) > 1 else ""
    line(what, ours[0], scaled(np.median(ours[1]), unit), other[0], scaled(np.median(other[1]), unit),
         f"{np.median(ratio):.2f}", spread, asked)


def compare_memory(what, ours, other):
    compare(what + ", memory", *((name, np.array([float(program.memory())])) for name, program in (ours, other)),
            "<= 0.8", "bytes")


def in_turns(programs, budget, least):
    """Seconds of a step in every round, by program; a first round warms up and sets the number of steps and rounds."""
    first = {name: program.seconds(1) for name, program in programs.items()}
    first = {name: min(first[name], program.seconds(1)) if first[name] < 2 else first[name]
             for name, program in programs.items()}
    steps = {name: max(1, min(20, round(TURN / seconds))) for name, seconds in first.items()}
    rounds = max(least, min(9, int(budget / sum(first[name] * steps[name] for name in programs))))
    taken = {name: [] for name in programs}
    for _ in range(rounds):
        for name, program in programs.items():
            taken[name].append(program.seconds(steps[name]))
    return {name: np.array(seconds) for name, seconds in taken.items()}


def fail_unless(good, text):
    if not good:
        sys.exit(f"speed.py: {text}")


class Bench:
    def __init__(self, options, folder):
        self.options, self.folder, self.unmush = options, folder, os.path.join(options.build, "unmush")

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def new_folder(self, name):
        os.makedirs(self.path(name), exist_ok=True)
        return self.path(name)

    def ours(self, program, *arguments):
        return Program(os.path.join(self.options.build, "bench_" + program), *arguments)

    def peer(self, script, *arguments):
        return Program(sys.executable, os.path.join(HERE, script), *arguments)

    # ---- Training steps ----

    def config(self, generator, adversarial, precision):
        config = {"scale": 4, "batch": self.options.batch, "crop": self.options.crop, "precision": precision,
                  "generator": generator, "gradient_checkpointing": self.options.checkpointing,
                  "data": {"train": [{"pairs": "none.h5"}]},
                  "stages": [{"name": "bench", "steps": 1000000, "rate": 1e-4, "optimiser": "adam", "loss": {"l1": 1}}]}
        if adversarial:
            config["discriminator"] = {"type": "unet", "features": 64}
            config["features"] = {"weights": self.path("vgg19.safetensors")}
            config["stages"][0]["loss"] = ADVERSARIAL
        path = self.path(precision + ".json")
        with open(path, "w") as file:
            json.dump(config, file)
        return path

    def gradients(self, program, name):
        """Of every network, as one vector."""
        folder = self.new_folder("gradients-" + name)
        program.ask("gradients " + folder)
        return {os.path.splitext(file)[0]: read_weights(os.path.join(folder, file)) for file in os.listdir(folder)}

    def verify(self, programs, adversarial):
        """All programs' gradients against those of PyTorch in fp32, with ours' weights."""
        weights, found = self.new_folder("weights"), {}
        for name, program in programs.items():
            if name.startswith("PyTorch"):
                program.ask("load " + weights)
            found[name] = self.gradients(program, name)
            if name.startswith("ours"):
                program.ask("weights " + weights)  # after it: spectral norms have moved
        for network in ("generator", "discriminator")[:1 + adversarial]:
            flat = {name: np.concatenate([arrays[network][key].ravel() for key in found[DEFAULT][network]]).astype(float)
                    for name, arrays in found.items()}
            away = {name: np.linalg.norm(g - flat[DEFAULT]) / np.linalg.norm(flat[DEFAULT]) for name, g in flat.items()}
            remark(f"{network}'s gradients, relative to those of {DEFAULT}: "
                   + ", ".join(f"{name} {value:.1e}" for name, value in away.items() if name != DEFAULT))
            fail_unless(away["ours fp32"] < FP32_BOUND, "ours in fp32 are wrong")
            fail_unless(away.get("ours bf16", 0) < FP32_BOUND + 1.25 * away.get("PyTorch tuned bf16", 0),
                        "ours in bf16 are wrong")

    def train(self, what, generator, adversarial=False, precision="bf16", asked=("", "")):
        configs = {p: self.config(generator, adversarial, p) for p in ("fp32", precision)}
        tuned = f"PyTorch tuned {precision}"
        theirs = {DEFAULT: self.peer("train_peer.py", "default", configs["fp32"]),
                  tuned: self.peer("train_peer.py", "tuned", configs[precision])}
        if adversarial:
            theirs[DEFAULT].ask("features " + self.path("vgg19.safetensors"))
        ours = {f"ours {p}": self.ours("train", configs[p]) for p in configs}
        remark(what)
        self.verify({**ours, **theirs}, adversarial)
        taken = in_turns({**ours, **theirs}, self.options.budget, self.options.rounds)
        best = f"ours {precision}"
        for other, bar in zip(theirs, asked):
            compare(what, (best, taken[best]), (other, taken[other]), bar)
        if precision != "fp32":
            compare(what, ("ours fp32", taken["ours fp32"]), (DEFAULT, taken[DEFAULT]))
        for other in theirs:
            compare_memory(what, (best, ours[best]), (other, theirs[other]))
        end([*ours.values(), *theirs.values()])

    def srvgg(self):
        self.train("srvgg L1", SRVGG, asked=(">= 8", ">= 3.5"))

    def srvgg_adversarial(self):
        self.train("srvgg adversarial", SRVGG, True, asked=(">= 9", ">= 2.2"))

    def rrdb(self):
        self.train("rrdb 23 L1", RRDB, asked=(">= 8", ">= 2.7"))

    def rrdb_adversarial(self):
        self.train("rrdb 23 adversarial", RRDB, True, asked=(">= 10", ">= 2.3"))

    def networks(self):
        for network, precision in OTHERS:
            self.train(" ".join(str(value) for value in network.values()), network, precision=precision)

    # ---- Upscaling ----

    def upscale(self):
        size, folder = self.options.size, self.new_folder("upscaled")
        trainer = self.ours("train", self.config(SRVGG, False, "fp32"))
        trainer.ask("weights " + folder)
        end([trainer])
        model, onnx = os.path.join(folder, "generator.safetensors"), self.path("model.onnx")
        programs = {f"ours {p}": self.ours("upscale", model, p, size) for p in ("bf16", "fp32")}
        for name, kind in ((DEFAULT, "default"), ("PyTorch all bf16", "tuned")):
            programs[name] = self.peer("upscale_peer.py", kind, json.dumps(SRVGG), "4", model, size)
        if os.environ.get("UNMUSH_ONNXRUNTIME") and not self.options.busy:  # its idle threads take processor time
            subprocess.run([self.unmush, "export", model, "-o", onnx, "-q"], check=True)
            programs[RUNTIME] = self.ours("upscale", onnx, "fp32", size)
        what = f"srvgg x4 of {size}"
        remark(what)
        self.verify_outputs(programs)
        taken = in_turns(programs, self.options.budget, self.options.rounds)
        for ours, other, bar in (("ours bf16", DEFAULT, ">= 14"), ("ours bf16", "PyTorch all bf16", ">= 1.6"),
                                 ("ours fp32", RUNTIME, ">= 1.2"), ("ours fp32", DEFAULT, "")):
            if other in taken:
                compare(what, (ours, taken[ours]), (other, taken[other]), bar)
        end(programs.values())

    def verify_outputs(self, programs):
        found = {}
        for name, program in programs.items():
            said = program.ask("output " + self.path("output"))
            found[name] = np.fromfile(self.path("output"), np.float32).astype(float)
            if name == RUNTIME:
                remark(" ".join(said))
        away = {name: np.abs(values - found[DEFAULT]).max() for name, values in found.items() if name != DEFAULT}
        remark(f"values, at most away from those of {DEFAULT}: "
               + ", ".join(f"{name} {value:.1e}" for name, value in away.items()))
        fail_unless(away["ours fp32"] < 1e-4 and away.get(RUNTIME, 0) < 1e-4, "the pictures in fp32 differ")
        fail_unless(away["ours bf16"] < 1e-4 + 1.25 * away["PyTorch all bf16"], "the pictures in bf16 differ")

    # ---- LPIPS ----

    def lpips(self):
        if not self.options.similarity:
            return remark("skipped LPIPS: --similarity names no checkout")
        subprocess.run([self.unmush, "synth", "-q", "-o", self.folder, "--count=1", "--size=" + self.options.size],
                       check=True)
        for net, bar in (("alex", ">= 2"), ("vgg", ">= 2"), ("squeeze", ""), ("dists", "")):
            if net != "dists" or self.options.dists:
                self.perceptual("DISTS" if net == "dists" else "LPIPS " + net, net, bar)

    def perceptual(self, what, net, bar):
        folder, picture = self.new_folder(net), self.path("synth-0-0000.png")
        programs = {f"reference {kind}": self.peer(
            "lpips_peer.py", kind, self.options.similarity, self.options.dists, net, folder, picture)
            for kind in ("default", "tuned")}
        blurs = [os.path.join(folder, f"{i + 1}.png") for i in range(METHODS)]
        programs["ours fp32"] = self.ours("lpips", net, folder, picture, *blurs)
        remark(f"{what}, {self.options.size}")
        for count in (METHODS, 1):
            values = {name: np.array(program.ask(f"methods {count}"), float) for name, program in programs.items()}
            away = np.abs(values["ours fp32"] / values["reference default"] - 1).max()
            fail_unless(away < 1e-4, f"{what}: {values} differ")
            if count == METHODS:
                remark(f"values {values['ours fp32']}, at most {away:.1e} away, relatively")
                continue
            taken = in_turns(programs, self.options.budget, self.options.rounds)
            for other in list(programs)[:2]:
                compare(what, ("ours fp32", taken["ours fp32"]), (other, taken[other]), bar)
        end(programs.values())


# ---- What it ran on ----

def output_of(*command):
    done = subprocess.run(command, capture_output=True, text=True, cwd=HERE)
    return done.stdout.strip() if done.returncode == 0 else ""


def processor():
    fields = dict(re.findall(r"^(model name|flags|Features)\s*: (.*)$", open("/proc/cpuinfo").read(), re.MULTILINE))
    flags = fields.get("flags", fields.get("Features", "")).split()
    return (f"{fields.get('model name', os.uname().machine)}, {threads()} of {os.cpu_count()} processors, "
            + " ".join(flag for flag in FLAGS.split() if flag in flags))


def versions(unmush):
    about = output_of(sys.executable, "-c", "import torch; print(torch.__version__, torch.__config__.show())")
    torch = about.split()[0] + "".join(re.findall(r"(?:MKL-DNN|oneDNN) (v[0-9.]+)", about)[:1]).replace("v", ", oneDNN ")
    own = [text for text in output_of(unmush, "--version").splitlines() if re.match("unmush|libtorch|oneDNN", text)]
    return f"{', '.join(own)} ({output_of('git', 'describe', '--always', '--dirty')}); PyTorch {torch}"


def print_heading(options, unmush):
    print(processor())
    print(versions(unmush))
    asked = [f"{key}={value}" for key, value in sorted(os.environ.items())
             if re.match("UNMUSH_(BACKEND|ISA|WINOGRAD)|OMP_|ATEN_|DNNL_|ONEDNN_", key)]
    print(f"batch {options.batch}, LR {options.crop}x{options.crop}, {threads()} threads; load {os.getloadavg()[0]:.1f}",
          *asked, "processor time" * options.busy, flush=True)
    line("what", "ours", "median", "beside", "median", "ratio", "(least..most)", "asked")


def end(programs):
    for program in programs:
        program.end()


def parse():
    parser = argparse.ArgumentParser(prog="speed.sh")
    parser.add_argument("--build", required=True, help=argparse.SUPPRESS)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; default: all")
    parser.add_argument("--quick", action="store_true", help=f"{', '.join(QUICK)}, in few rounds")
    parser.add_argument("--busy", action="store_true",
                        help="for machines that do other things too: processor time, waiting threads sleep; a hint only")
    parser.add_argument("--similarity", default="", help="a checkout of richzhang/PerceptualSimilarity")
    parser.add_argument("--dists", default="", help="a checkout of dingkeyan93/DISTS")
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--crop", type=int, default=32, help="LR pixels")
    parser.add_argument("--checkpointing", action="store_true", help="ours with gradient checkpointing")
    parser.add_argument("--size", default="480x320", help="of the pictures for upscaling and LPIPS")
    options = parser.parse_intermixed_args()
    for part in options.parts:
        if part not in PARTS:
            parser.error(f"no part {part}")
    if options.busy:
        os.environ["OMP_WAIT_POLICY"], Program.clock = "passive", 1
    options.budget, options.rounds = (8, 2) if options.quick else (40, 3)
    options.parts = options.parts or (QUICK if options.quick else PARTS)
    return options


def main():
    options = parse()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(options, folder)
        print_heading(options, bench.unmush)
        for part in options.parts:
            getattr(bench, part.replace("-", "_"))()


main()

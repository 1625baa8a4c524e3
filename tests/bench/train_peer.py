"""Training steps in PyTorch, as BasicSR takes them for SRModel and RealESRGANModel, in turns with bench_train's.

    train_peer.py default|tuned CONFIG

CONFIG is bench_train's. default: fp32 and PyTorch's own layout. tuned: channels last, the config's precision by
autocast, multi-tensor Adam and average, and what peer.tune sets. Both take a GPU where there is one (no TF32 in fp32,
as in ours). Obeys the same lines as bench_train, and
    load FOLDER     takes the weights that bench_train wrote; the next gradients leave spectral norms as they are
    features FILE   writes VGG19's weights"""
import json
import os
import sys

from peer import memory, obey, picture_bytes, read_weights, threads, tune, write_weights

TUNED = sys.argv[1] == "tuned"
if TUNED:
    tune()
import torch  # noqa: E402
from torch.nn import functional as F  # noqa: E402

from networks import NETWORKS, Perceptual, Unet, write_features  # noqa: E402

CUDA = torch.cuda.is_available()
DEVICE = "cuda" if CUDA else "cpu"
if CUDA:
    torch.set_default_device(DEVICE)
    torch.backends.cudnn.allow_tf32 = False
AVERAGE = 0.999


def verdict(logits, real):
    return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, float(real)))


class Trainer:
    def __init__(self, config):
        self.start, stage = memory("VmRSS:"), config["stages"][0]
        self.loss, self.bf16 = stage["loss"], TUNED and config["precision"] == "bf16"
        batch, crop, scale = config["batch"], config["crop"], config["scale"]
        options = dict(config["generator"])
        self.networks = {"generator": NETWORKS[options.pop("type")](scale, **options)}
        if "adversarial" in self.loss:
            self.networks["discriminator"] = Unet(config["discriminator"]["features"])
            self.perceptual = self.place(Perceptual())
        self.optimisers = {}
        for name, network in self.networks.items():
            self.place(network).train()
            self.optimisers[name] = torch.optim.Adam(
                network.parameters(), stage["rate"], (0.9, 0.99),
                **({"fused": True} if TUNED and CUDA else {"foreach": True} if TUNED else {}))
        self.average = [p.detach().clone() for p in self.networks["generator"].parameters()]
        self.lr, self.hr = self.pictures(batch, crop), self.pictures(batch, crop * scale)

    def place(self, network):
        return network.to(DEVICE, memory_format=torch.channels_last if TUNED else torch.preserve_format)

    def pictures(self, count, edge):
        pixels = torch.from_numpy(picture_bytes(count, edge, edge, 3)).permute(0, 3, 1, 2)
        return pixels.to(DEVICE).contiguous(memory_format=torch.channels_last if TUNED else torch.contiguous_format)

    def generator_backward(self):
        with torch.autocast(DEVICE, torch.bfloat16, self.bf16):
            sr = self.networks["generator"](self.lr)
            loss = self.loss["l1"] * F.l1_loss(sr.float(), self.hr)
            if "discriminator" in self.networks:
                self.networks["discriminator"].requires_grad_(False)
                loss = loss + self.loss["perceptual"]["weight"] * self.perceptual(sr, self.hr)
                logits = self.networks["discriminator"](sr)
                loss = loss + self.loss["adversarial"]["weight"] * verdict(logits.float(), True)
        loss.backward()
        return sr.detach()

    def discriminator_backward(self, sr):
        self.networks["discriminator"].requires_grad_(True)
        for picture, real in ((self.hr, True), (sr, False)):
            with torch.autocast(DEVICE, torch.bfloat16, self.bf16):
                loss = verdict(self.networks["discriminator"](picture).float(), real)
            loss.backward()

    def update_average(self):
        values = [p.detach() for p in self.networks["generator"].parameters()]
        if TUNED:
            torch._foreach_mul_(self.average, AVERAGE)
            torch._foreach_add_(self.average, values, alpha=1 - AVERAGE)
        else:
            for average, value in zip(self.average, values):
                average.mul_(AVERAGE).add_(value, alpha=1 - AVERAGE)

    def step(self, update=True):
        self.optimisers["generator"].zero_grad(set_to_none=TUNED)
        sr = self.generator_backward()
        if update:
            self.optimisers["generator"].step()
        if "discriminator" in self.networks:
            self.optimisers["discriminator"].zero_grad(set_to_none=TUNED)
            self.discriminator_backward(sr)
            if update:
                self.optimisers["discriminator"].step()
        if update:
            self.update_average()
        if CUDA:
            torch.cuda.synchronize()

    def load(self, folder):
        for name, network in self.networks.items():
            arrays = read_weights(os.path.join(folder, name + ".safetensors"))
            with torch.no_grad():
                for key, value in network.state_dict().items():
                    if key in arrays:
                        value.copy_(torch.from_numpy(arrays[key].copy()))
            missing = [key for key, _ in network.named_parameters() if key not in arrays]
            if missing:
                sys.exit(f"train_peer.py: {name}: no {missing[0]}")
            if name == "discriminator":
                network.eval()

    def gradients(self, folder):
        self.step(update=False)
        for name, network in self.networks.items():
            write_weights(os.path.join(folder, name + ".safetensors"),
                          {key: p.grad.cpu().numpy() for key, p in network.named_parameters()})
        for network in self.networks.values():
            network.train()


def main():
    torch.set_num_threads(threads())
    trainer = Trainer(json.load(open(sys.argv[2])))
    obey(trainer.start, trainer.step, {"load": trainer.load, "gradients": trainer.gradients,
                                       "features": lambda path: write_features(path, trainer.perceptual.features)})


main()

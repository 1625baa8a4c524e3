"""LPIPS and DISTS by their reference implementations, in turns with bench_lpips's.

    lpips_peer.py default|tuned PERCEPTUAL_SIMILARITY DISTS alex|vgg|squeeze|dists FOLDER PICTURE

PERCEPTUAL_SIMILARITY and DISTS are checkouts of richzhang/PerceptualSimilarity and dingkeyan93/DISTS, whose linear
weights, alpha and beta are taken; the backbones have formula weights. All are put into FOLDER for bench_lpips, and
four blurs of PICTURE as 1.png to 4.png, which are compared with it. torchvision, whose networks the references take, is
stood in for. tuned: with what peer.tune sets. Obeys the same lines as bench_lpips."""
import os
import sys
import types

from peer import memory, obey, threads, tune

if sys.argv[1] == "tuned":
    tune()
import cv2  # noqa: E402
import numpy as np  # noqa: E402
import torch  # noqa: E402
from torch import nn  # noqa: E402

from networks import by_formula, vgg, write_features  # noqa: E402

METHODS = 4
FILES = {"alex": "alexnet", "vgg": "vgg16", "squeeze": "squeezenet1_1", "dists": "vgg16"}


def torchvision(layers):
    return types.SimpleNamespace(features=layers)


def relu():
    return nn.ReLU(inplace=True)


def vgg16(pretrained=False):
    return torchvision(vgg(2, 2, 3, 3, 3))


def alexnet(pretrained=False):
    return torchvision(by_formula([
        nn.Conv2d(3, 64, 11, 4, 2), relu(), nn.MaxPool2d(3, 2), nn.Conv2d(64, 192, 5, padding=2), relu(),
        nn.MaxPool2d(3, 2), nn.Conv2d(192, 384, 3, padding=1), relu(), nn.Conv2d(384, 256, 3, padding=1), relu(),
        nn.Conv2d(256, 256, 3, padding=1), relu()]))


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
    return torchvision(by_formula([
        nn.Conv2d(3, 64, 3, 2), relu(), pool[0], Fire(64, 16, 64), Fire(128, 16, 64), pool[1], Fire(128, 32, 128),
        Fire(256, 32, 128), pool[2], Fire(256, 48, 192), Fire(384, 48, 192), Fire(384, 64, 256), Fire(512, 64, 256)]))


def stand_in(name, **members):
    module = types.ModuleType(name)
    module.__dict__.update(members)
    sys.modules[name] = module
    return module


def references(similarity, dists, net):
    """The module of net's checkout."""
    stand_in("tqdm", tqdm=None)
    models = stand_in("torchvision.models", vgg16=vgg16, alexnet=alexnet, squeezenet1_1=squeezenet1_1)
    stand_in("torchvision", models=models, transforms=None)
    sys.path[:0] = [similarity, os.path.join(dists, "DISTS_pytorch")]
    return __import__("DISTS_pt" if net == "dists" else "lpips")


def distance(similarity, dists, net):
    module = references(similarity, dists, net)
    if net != "dists":
        model = module.LPIPS(net=net, verbose=False)
        return lambda a, b: model(a, b, normalize=True)
    model = module.DISTS(load_weights=False)
    factors = torch.load(os.path.join(dists, "DISTS_pytorch", "weights.pt"), map_location="cpu")
    model.alpha.data, model.beta.data = factors["alpha"], factors["beta"]
    return model


def prepare(folder, similarity, dists, net):
    backbone = {"alexnet": alexnet, "vgg16": vgg16, "squeezenet1_1": squeezenet1_1}[FILES[net]]()
    write_features(os.path.join(folder, FILES[net] + "-formula.safetensors"), backbone.features)
    source = os.path.join(dists, "DISTS_pytorch/weights.pt") if net == "dists" else os.path.join(
        similarity, f"lpips/weights/v0.1/{net}.pth")
    link = os.path.join(folder, os.path.basename(source))
    if not os.path.lexists(link):
        os.symlink(os.path.abspath(source), link)


def blurs(folder, picture):
    for i in range(1, METHODS + 1):
        yield os.path.join(folder, f"{i}.png"), cv2.GaussianBlur(picture, (0, 0), 0.5 * i)


def tensor(pixels):
    planes = pixels[:, :, ::-1].transpose(2, 0, 1)
    return torch.from_numpy(np.ascontiguousarray(planes, np.float32) / 255)[None]


def main():
    _, similarity, dists, net, folder, path = sys.argv[1:]
    torch.set_num_threads(threads())
    prepare(folder, similarity, dists, net)
    picture, methods = cv2.imread(path), []
    for file, pixels in blurs(folder, picture):
        cv2.imwrite(file, pixels)
        methods.append(tensor(pixels))
    hr, start, measure, count = tensor(picture), memory("VmRSS:"), distance(similarity, dists, net), 1

    def run():
        with torch.no_grad():
            return [measure(hr, sr).item() for sr in methods[:count]]

    def set_methods(number):
        nonlocal count
        count = int(number)
        return " ".join(f"{value:.9g}" for value in run())

    obey(start, run, {"methods": set_methods})


main()

"""The networks of tests/bench/speed.py in PyTorch, as their publishers write them, with the same keys, and in-place
activations where those have them."""
import math

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils import spectral_norm

from peer import uniform, write_weights

MEAN = (0.4488, 0.4371, 0.4040)


def conv(i, o, k=3):
    return nn.Conv2d(i, o, k, 1, k // 2)


class Srvgg(nn.Module):
    def __init__(self, scale, features=64, convs=16):
        super().__init__()
        layers = []
        for i in range(convs + 1):
            layers += [conv(features if i else 3, features), nn.PReLU(features)]
        self.body, self.scale = nn.ModuleList([*layers, conv(features, 3 * scale * scale)]), scale

    def forward(self, x):
        y = x
        for layer in self.body:
            y = layer(y)
        return F.pixel_shuffle(y, self.scale) + F.interpolate(x, scale_factor=self.scale, mode="nearest")


class Dense(nn.Module):
    def __init__(self, features, growth):
        super().__init__()
        for i in range(4):
            setattr(self, f"conv{i + 1}", conv(features + i * growth, growth))
        self.conv5 = conv(features + 4 * growth, features)
        self.lrelu = nn.LeakyReLU(0.2, inplace=True)

    def forward(self, x):
        parts = [x]
        for i in range(1, 5):
            parts.append(self.lrelu(getattr(self, f"conv{i}")(torch.cat(parts, 1))))
        return self.conv5(torch.cat(parts, 1)) * 0.2 + x


class DenseThrice(nn.Module):
    def __init__(self, features, growth):
        super().__init__()
        self.rdb1, self.rdb2, self.rdb3 = (Dense(features, growth) for _ in range(3))

    def forward(self, x):
        return self.rdb3(self.rdb2(self.rdb1(x))) * 0.2 + x


class Rrdb(nn.Module):
    def __init__(self, scale, features=64, growth=32, blocks=23):
        super().__init__()
        self.factor = {4: 1, 2: 2, 1: 4}[scale]
        self.conv_first = conv(3 * self.factor**2, features)
        self.body = nn.Sequential(*[DenseThrice(features, growth) for _ in range(blocks)])
        self.conv_body, self.conv_up1, self.conv_up2, self.conv_hr = (conv(features, features) for _ in range(4))
        self.conv_last, self.lrelu = conv(features, 3), nn.LeakyReLU(0.2, inplace=True)

    def forward(self, x):
        x = self.conv_first(F.pixel_unshuffle(x, self.factor) if self.factor > 1 else x)
        x = x + self.conv_body(self.body(x))
        x = self.lrelu(self.conv_up1(F.interpolate(x, scale_factor=2, mode="nearest")))
        x = self.lrelu(self.conv_up2(F.interpolate(x, scale_factor=2, mode="nearest")))
        return self.conv_last(self.lrelu(self.conv_hr(x)))


class Residual(nn.Module):
    def __init__(self, features, scale=1.0):
        super().__init__()
        self.conv1, self.conv2, self.scale = conv(features, features), conv(features, features), scale
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x):
        return x + self.conv2(self.relu(self.conv1(x))) * self.scale


def enlarge(scale, features):
    layers = []
    for factor in [3] if scale == 3 else [2] * (scale.bit_length() - 1):
        layers += [conv(features, features * factor**2), nn.PixelShuffle(factor)]
    return nn.Sequential(*layers)


class Edsr(nn.Module):
    def __init__(self, scale, features=64, blocks=16, residual=1.0):
        super().__init__()
        self.mean = torch.tensor(MEAN).view(1, 3, 1, 1)
        self.conv_first, self.conv_after_body = conv(3, features), conv(features, features)
        self.body = nn.Sequential(*[Residual(features, residual) for _ in range(blocks)])
        self.upsample, self.conv_last = enlarge(scale, features), conv(features, 3)

    def forward(self, x):
        x = self.conv_first((x - self.mean) * 255)
        x = self.conv_last(self.upsample(self.conv_after_body(self.body(x)) + x))
        return x / 255 + self.mean


class Msrresnet(nn.Module):
    def __init__(self, scale, features=64, blocks=16):
        super().__init__()
        self.scale, factor = scale, 3 if scale == 3 else 2
        self.conv_first = conv(3, features)
        self.body = nn.Sequential(*[Residual(features) for _ in range(blocks)])
        self.upconv1 = conv(features, features * factor**2)
        if scale == 4:
            self.upconv2 = conv(features, features * 4)
        self.conv_hr, self.conv_last, self.shuffle = conv(features, features), conv(features, 3), nn.PixelShuffle(factor)
        self.lrelu = nn.LeakyReLU(0.1, inplace=True)

    def forward(self, x):
        y = self.body(self.lrelu(self.conv_first(x)))
        y = self.lrelu(self.shuffle(self.upconv1(y)))
        if self.scale == 4:
            y = self.lrelu(self.shuffle(self.upconv2(y)))
        y = self.conv_last(self.lrelu(self.conv_hr(y)))
        return y + F.interpolate(x, scale_factor=self.scale, mode="bilinear", align_corners=False)


class Conv3XC(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.sk = nn.Conv2d(i, o, 1)
        self.conv = nn.Sequential(nn.Conv2d(i, 2 * i, 1), nn.Conv2d(2 * i, 2 * o, 3), nn.Conv2d(2 * o, o, 1))

    def forward(self, x):
        return self.conv(F.pad(x, (1, 1, 1, 1))) + self.sk(x)


class Spab(nn.Module):
    def __init__(self, features):
        super().__init__()
        self.c1_r, self.c2_r, self.c3_r = (Conv3XC(features, features) for _ in range(3))
        self.act1 = nn.SiLU(inplace=True)

    def forward(self, x):
        first = self.act1(self.c1_r(x))
        third = self.c3_r(self.act1(self.c2_r(first)))
        return (third + x) * (torch.sigmoid(third) - 0.5), first


class Span(nn.Module):
    def __init__(self, scale, features=48, norm=True):
        super().__init__()
        self.mean, self.normalise = torch.tensor(MEAN).view(1, 3, 1, 1), norm
        self.conv_1, self.conv_2 = Conv3XC(3, features), Conv3XC(features, features)
        for i in range(1, 7):
            setattr(self, f"block_{i}", Spab(features))
        self.conv_cat = nn.Conv2d(4 * features, features, 1)
        self.upsampler = nn.Sequential(conv(features, 3 * scale * scale), nn.PixelShuffle(scale))

    def forward(self, x):
        start = y = self.conv_1((x - self.mean) * 255 if self.normalise else x)
        for i in range(1, 7):
            y, first = getattr(self, f"block_{i}")(y)
            one = y if i == 1 else one
        return self.upsampler(self.conv_cat(torch.cat([start, self.conv_2(y), one, first], 1)))


class Plk(nn.Module):
    def __init__(self, features, kernel, part):
        super().__init__()
        self.conv, self.part = conv(part, part, kernel), part

    def forward(self, x):
        a, b = torch.split(x, [self.part, x.size(1) - self.part], 1)
        return torch.cat([self.conv(a), b], 1)


class Attention(nn.Module):
    def __init__(self, features):
        super().__init__()
        self.f = nn.Sequential(conv(features, features), nn.Sigmoid())

    def forward(self, x):
        return x * self.f(x)


class PlkBlock(nn.Module):
    def __init__(self, features, kernel, split, attention):
        super().__init__()
        self.channel_mixer = nn.Sequential(conv(features, 2 * features), nn.Mish(), conv(2 * features, features))
        self.lk, self.refine = Plk(features, kernel, int(features * split)), nn.Conv2d(features, features, 1)
        self.attn = Attention(features) if attention else nn.Identity()
        self.norm = nn.GroupNorm(4, features)

    def forward(self, x):
        return self.norm(self.refine(self.attn(self.lk(self.channel_mixer(x))))) + x


class Realplksr(nn.Module):
    def __init__(self, scale, features=64, blocks=28, kernel=17, split=0.25, attention=True, norm="group"):
        super().__init__()
        body = [PlkBlock(features, kernel, split, attention) for _ in range(blocks)]
        self.feats = nn.Sequential(conv(3, features), *body, nn.Dropout2d(0), conv(features, 3 * scale**2))
        self.scale = scale

    def forward(self, x):
        return F.pixel_shuffle(self.feats(x) + x.repeat_interleave(self.scale**2, 1), self.scale)


def split_windows(x, size):
    b, h, w, c = x.shape
    x = x.view(b, h // size, size, w // size, size, c)
    return x.permute(0, 1, 3, 2, 4, 5).contiguous().view(-1, size * size, c)


def join_windows(x, size, h, w):
    x = x.view(-1, h // size, w // size, size, size, x.shape[-1])
    return x.permute(0, 1, 3, 2, 4, 5).contiguous().view(-1, h, w, x.shape[-1])


class WindowAttention(nn.Module):
    def __init__(self, features, size, heads):
        super().__init__()
        self.heads, self.scale = heads, (features // heads) ** -0.5
        self.relative_position_bias_table = nn.Parameter(torch.zeros((2 * size - 1) ** 2, heads))
        at = torch.stack(torch.meshgrid(torch.arange(size), torch.arange(size), indexing="ij")).flatten(1)
        apart = at[:, :, None] - at[:, None, :] + size - 1
        self.index = (apart[0] * (2 * size - 1) + apart[1]).flatten()
        self.qkv, self.proj = nn.Linear(features, 3 * features), nn.Linear(features, features)

    def forward(self, x, mask):
        b, n, c = x.shape
        q, k, v = self.qkv(x).reshape(b, n, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4)
        a = (q * self.scale) @ k.transpose(-2, -1)
        a = a + self.relative_position_bias_table[self.index].view(n, n, -1).permute(2, 0, 1).contiguous()
        if mask is not None:
            a = (a.view(-1, mask.shape[0], self.heads, n, n) + mask.unsqueeze(1)).view(-1, self.heads, n, n)
        return self.proj((a.softmax(-1) @ v).transpose(1, 2).reshape(b, n, c))


class Mlp(nn.Module):
    def __init__(self, features, hidden):
        super().__init__()
        self.fc1, self.act, self.fc2 = nn.Linear(features, hidden), nn.GELU(), nn.Linear(hidden, features)

    def forward(self, x):
        return self.fc2(self.act(self.fc1(x)))


class SwinBlock(nn.Module):
    def __init__(self, features, heads, size, shift, ratio):
        super().__init__()
        self.size, self.shift, self.mask = size, shift, {}
        self.norm1, self.norm2 = nn.LayerNorm(features), nn.LayerNorm(features)
        self.attn, self.mlp = WindowAttention(features, size, heads), Mlp(features, int(features * ratio))

    def mask_of(self, h, w):
        if (h, w) not in self.mask:
            region, spans = torch.zeros(1, h, w, 1), (slice(0, -self.size), slice(-self.size, -self.shift), slice(-self.shift, None))
            for i, rows in enumerate(spans):
                for k, columns in enumerate(spans):
                    region[:, rows, columns] = 3 * i + k
            windows = split_windows(region, self.size).squeeze(2)
            self.mask[h, w] = (windows.unsqueeze(1) != windows.unsqueeze(2)).float() * -100
        return self.mask[h, w]

    def forward(self, x, h, w):
        y = self.norm1(x).view(-1, h, w, x.shape[2])
        if self.shift:
            y = torch.roll(y, (-self.shift, -self.shift), (1, 2))
        y = self.attn(split_windows(y, self.size), self.mask_of(h, w) if self.shift else None)
        y = join_windows(y, self.size, h, w)
        if self.shift:
            y = torch.roll(y, (self.shift, self.shift), (1, 2))
        x = x + y.reshape(x.shape)
        return x + self.mlp(self.norm2(x))


class SwinGroup(nn.Module):
    def __init__(self, features, depth, heads, size, ratio):
        super().__init__()
        self.residual_group = nn.Module()
        self.residual_group.blocks = nn.ModuleList(
            [SwinBlock(features, heads, size, size // 2 * (i % 2), ratio) for i in range(depth)])
        self.conv = conv(features, features)

    def forward(self, x, h, w):
        y = x
        for block in self.residual_group.blocks:
            y = block(y, h, w)
        y = self.conv(y.transpose(1, 2).view(-1, y.shape[2], h, w))
        return y.flatten(2).transpose(1, 2) + x


class Swinir(nn.Module):
    def __init__(self, scale, features=60, layers=4, depth=6, heads=6, window=8, ratio=2, upsampler="pixelshuffledirect"):
        super().__init__()
        self.mean, self.window, self.upsampler = torch.tensor(MEAN).view(1, 3, 1, 1), window, upsampler
        self.conv_first, self.norm = conv(3, features), nn.LayerNorm(features)
        self.patch_embed = nn.Module()
        self.patch_embed.norm = nn.LayerNorm(features)
        self.layers = nn.ModuleList([SwinGroup(features, depth, heads, window, ratio) for _ in range(layers)])
        self.conv_after_body = conv(features, features)
        if upsampler == "pixelshuffledirect":
            self.upsample = nn.Sequential(conv(features, 3 * scale * scale), nn.PixelShuffle(scale))
        else:
            self.conv_before_upsample = nn.Sequential(conv(features, 64), nn.LeakyReLU(inplace=True))
            self.upsample, self.conv_last = enlarge(scale, 64), conv(64, 3)

    def forward(self, x):
        h, w = x.shape[2:]
        x = self.conv_first(x - self.mean)
        y = self.patch_embed.norm(x.flatten(2).transpose(1, 2))
        for layer in self.layers:
            y = layer(y, h, w)
        y = self.norm(y).transpose(1, 2).view(x.shape)
        x = self.conv_after_body(y) + x
        if self.upsampler == "pixelshuffledirect":
            return self.upsample(x) + self.mean
        return self.conv_last(self.upsample(self.conv_before_upsample(x))) + self.mean


class Unet(nn.Module):
    """The discriminator, UNetDiscriminatorSN."""

    def __init__(self, features=64):
        super().__init__()
        f = features
        self.conv0, self.conv9 = conv(3, f), conv(f, 1)
        for i, (a, b) in enumerate(((f, 2 * f), (2 * f, 4 * f), (4 * f, 8 * f))):
            setattr(self, f"conv{i + 1}", spectral_norm(nn.Conv2d(a, b, 4, 2, 1, bias=False)))
        for i, (a, b) in enumerate(((8 * f, 4 * f), (4 * f, 2 * f), (2 * f, f), (f, f), (f, f))):
            setattr(self, f"conv{i + 4}", spectral_norm(nn.Conv2d(a, b, 3, 1, 1, bias=False)))

    def block(self, i, x):
        return F.leaky_relu(getattr(self, f"conv{i}")(x), 0.2, inplace=True)

    def forward(self, x):
        beside = []
        for i in range(4):
            beside.append(x := self.block(i, x))
        for i in range(4, 7):
            x = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
            x = self.block(i, x) + beside[6 - i]
        return self.conv9(self.block(8, self.block(7, x)))


def by_formula(layers):
    """Fills the parameters with values by formula (tests/nets/formula.h)."""
    features = nn.Sequential(*layers)
    for number, p in enumerate(features.parameters()):
        values = uniform(p.numel(), number) * (0.1 if p.dim() == 1 else math.sqrt(6 / p[0].numel()))
        p.data = torch.from_numpy(values).float().view(p.shape)
    return features


def vgg(*counts):
    """The convolutions of VGG: 2, 2, 3, 3, 3 of VGG16, 2, 2, 4, 4, 4 of VGG19."""
    layers, channels = [], 3
    for count, out in zip(counts, (64, 128, 256, 512, 512)):
        for _ in range(count):
            layers += [nn.Conv2d(channels, out, 3, padding=1), nn.ReLU(inplace=True)]
            channels = out
        layers.append(nn.MaxPool2d(2, 2))
    return by_formula(layers)


def write_features(path, features):
    """Under torchvision's keys."""
    write_weights(path, {"features." + key: p.detach().numpy() for key, p in features.named_parameters()})


class Perceptual(nn.Module):
    """Real-ESRGAN's perceptual loss: L1 of what VGG19 sees before five ReLUs."""

    WEIGHTS = {2: 0.1, 7: 0.1, 16: 1, 25: 1, 34: 1}  # of conv1_2, conv2_2, conv3_4, conv4_4, conv5_4

    def __init__(self):
        super().__init__()
        self.features = vgg(2, 2, 4, 4, 4)[:35].requires_grad_(False)
        self.register_buffer("mean", torch.tensor((0.485, 0.456, 0.406)).view(1, 3, 1, 1))
        self.register_buffer("deviation", torch.tensor((0.229, 0.224, 0.225)).view(1, 3, 1, 1))

    def taps(self, x):
        x, taps = (x - self.mean) / self.deviation, []
        for i, layer in enumerate(self.features):
            x = layer(x)
            if i in self.WEIGHTS:
                taps.append(x.clone())
        return taps

    def forward(self, sr, hr):
        pairs = zip(self.WEIGHTS.values(), self.taps(sr), self.taps(hr.detach()))
        return sum(weight * F.l1_loss(a, b) for weight, a, b in pairs)


NETWORKS = {"srvgg": Srvgg, "rrdb": Rrdb, "edsr": Edsr, "msrresnet": Msrresnet, "span": Span, "realplksr": Realplksr,
            "swinir": Swinir}

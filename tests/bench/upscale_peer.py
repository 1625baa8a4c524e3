"""A made-up picture through a generator in PyTorch, in turns with bench_upscale's.

    upscale_peer.py default|tuned NETWORK SCALE WEIGHTS WxH

NETWORK is a config's object. default: fp32 and PyTorch's own layout; tuned: all in bf16, channels last, and what
peer.tune sets. Obeys the same lines as bench_upscale."""
import json
import sys

from peer import memory, obey, picture_bytes, read_weights, threads, tune

TUNED = sys.argv[1] == "tuned"
if TUNED:
    tune()
import torch  # noqa: E402

from networks import NETWORKS  # noqa: E402


def main():
    _, network, scale, weights, size = sys.argv[1:]
    torch.set_num_threads(threads())
    start, options = memory("VmRSS:"), json.loads(network)
    net = NETWORKS[options.pop("type")](int(scale), **options).eval()
    net.load_state_dict({key: torch.from_numpy(value.copy()) for key, value in read_weights(weights).items()})
    w, h = (int(v) for v in size.split("x"))
    lr = torch.from_numpy(picture_bytes(1, 3, h, w))
    if TUNED:
        net, lr = (thing.to(torch.bfloat16).to(memory_format=torch.channels_last) for thing in (net, lr))

    def run():
        with torch.inference_mode():
            return net(lr)

    def output(path):
        run().float().contiguous().numpy().tofile(path)

    obey(start, run, {"output": output})


main()

"""same_pth.py PUBLISHED.pth WRITTEN.pth: PyTorch reads both; the second's "params" are the first's."""
import sys
import zipfile

import torch

assert zipfile.ZipFile(sys.argv[2]).testzip() is None
published, written = (torch.load(path, map_location="cpu") for path in sys.argv[1:3])
assert list(written) == ["params"]
published = published.get("params_ema", published.get("params"))
assert list(published) == list(written["params"])
for key, values in written["params"].items():
    assert values.dtype == torch.float32 and torch.equal(values, published[key]), key

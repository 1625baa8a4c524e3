#!/usr/bin/env python3
"""Training crops per second of BasicSR's PairedImageDataset, unchanged, behind PyTorch's DataLoader.

  batches_peer.py BASICSR FOLDER --prepare STORE.h5   writes the store's tiles as PNG: FOLDER/hr and FOLDER/lr
  batches_peer.py BASICSR FOLDER --verify             crops are parts of these tiles, LR and HR of the same place
  batches_peer.py BASICSR FOLDER                      times: batches of 16, LR 32 px, HR 128 px, two workers

BASICSR is a checkout of XPixelGroup/BasicSR. Its modules that are not installed are empty ones, see
tests/fixtures/realesrgan_published.py; none of them is called here."""
import argparse
import os
import sys
import time

import cv2
import numpy as np
import torch

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "fixtures"))
from realesrgan_published import _Finder  # noqa: E402

SCALE, CROP, BATCH, WORKERS, WARM_UP, BATCHES = 4, 32, 16, 2, 8, 64

parser = argparse.ArgumentParser()
parser.add_argument("basicsr")
parser.add_argument("folder")
parser.add_argument("--prepare")
parser.add_argument("--verify", action="store_true")
options = parser.parse_args()
folders = {side: os.path.join(options.folder, side) for side in ("hr", "lr")}


def prepare(store):
    import h5py
    with h5py.File(store, "r") as file:
        for side, folder in folders.items():
            os.makedirs(folder)
            for i, tile in enumerate(file[side]):
                cv2.imwrite(os.path.join(folder, "%05d.png" % i), tile[:, :, ::-1])


def dataset():
    sys.meta_path.insert(0, _Finder())
    sys.path.insert(0, options.basicsr)
    from basicsr.data.paired_image_dataset import PairedImageDataset
    return PairedImageDataset({
        "dataroot_gt": folders["hr"], "dataroot_lq": folders["lr"], "io_backend": {"type": "disk"},
        "gt_size": SCALE * CROP, "scale": SCALE, "use_hflip": True, "use_rot": True, "phase": "train"})


def turns(image):
    for flipped in (image, image[:, ::-1]):
        for quarter in range(4):
            yield np.rot90(flipped, quarter)


def places(crop, tile):
    """Where the crop lies in the tile, whatever its turn: {(turn, x, y)}."""
    found = set()
    for turn, turned in enumerate(turns(crop)):
        edge = turned.shape[0]
        for y in range(tile.shape[0] - edge + 1):
            for x in range(tile.shape[1] - edge + 1):
                if (tile[y, x] == turned[0, 0]).all() and (tile[y:y + edge, x:x + edge] == turned).all():
                    found.add((turn, x, y))
    return found


def verify(pairs):
    for i in range(20):
        sample = pairs[i]
        lr, hr = (np.rint(255 * sample[key].numpy().transpose(1, 2, 0)).astype(np.uint8) for key in ("lq", "gt"))
        tiles = [cv2.imread(sample[key])[:, :, ::-1] for key in ("lq_path", "gt_path")]
        assert lr.shape == (CROP, CROP, 3) and hr.shape == (SCALE * CROP, SCALE * CROP, 3)
        wanted = {(turn, SCALE * x, SCALE * y) for turn, x, y in places(lr, tiles[0])}
        assert wanted & places(hr, tiles[1]), sample["gt_path"]


def measure(pairs):
    sampler = torch.utils.data.RandomSampler(pairs, replacement=True, num_samples=BATCH * (WARM_UP + BATCHES))
    loader = torch.utils.data.DataLoader(pairs, BATCH, sampler=sampler, num_workers=WORKERS)
    for index, batch in enumerate(loader):
        if index + 1 == WARM_UP:
            start = time.perf_counter()
    assert batch["gt"].shape == (BATCH, 3, SCALE * CROP, SCALE * CROP)
    print("%.1f crops/s" % (BATCH * BATCHES / (time.perf_counter() - start)))


if options.prepare:
    prepare(options.prepare)
elif options.verify:
    verify(dataset())
else:
    measure(dataset())

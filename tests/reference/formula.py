"""The numbers that the recorded references are made from.

`formula.rs` holds the same formula for the tests; README.md states it in words.
Run this file to check the values that both pin.
"""

import math
import sys

import numpy as np

GOLDEN = 0x9E3779B97F4A7C15
MASK = 0xFFFFFFFFFFFFFFFF
LAST_NORM_SCALE = 0.3
PROJECTIONS = 64
# Gradients with more elements are recorded as projections.
LARGEST_WHOLE_GRADIENT = 512


def mix(z):
    """The finaliser of splitmix64, of an array of uint64."""
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def words(name, count, seed):
    """The first `count` words of the tensor `name` under `seed`."""
    fnv = 0xCBF29CE484222325
    for byte in name.encode():
        fnv = ((fnv ^ byte) * 0x100000001B3) & MASK
    key = mix(np.array([(fnv + seed * GOLDEN) & MASK], dtype=np.uint64))
    steps = np.arange(1, count + 1, dtype=np.uint64)
    return mix(key + steps * np.uint64(GOLDEN))


def values(name, count, seed):
    """The words as float64 in [-1, 1), 24 bits each."""
    return (words(name, count, seed) >> np.uint64(40)).astype(np.float64) / 8388608.0 - 1.0


def fill(name, shape, seed, scaled_norm=""):
    """One parameter or running statistic as float32, by its torchvision name."""
    v = values(name, math.prod(shape), seed)
    owner, last = ([""] + name.split("."))[-2:]
    if last == "running_var":
        v = 2.0 + v
    elif last in ("running_mean", "bias"):
        v = 0.25 * v
    elif len(shape) > 1:
        v = v * np.sqrt(6.0 / math.prod(shape[1:]))
    elif scaled_norm and owner == scaled_norm:
        v = (1.0 + 0.5 * v) * LAST_NORM_SCALE
    else:
        v = 1.0 + 0.5 * v
    return v.astype(np.float32).reshape(shape)


def images(shape, seed):
    """Images [N, C, H, W] as float32."""
    return (2.0 * values("x", math.prod(shape), seed)).astype(np.float32).reshape(shape)


def labels(batch, classes, seed):
    """Labels of a batch as int64."""
    return (words("labels", batch, seed) % np.uint64(classes)).astype(np.int64)


def project(tensor):
    """The 64 signed sums that stand for a large gradient, as float64."""
    flat = np.asarray(tensor, dtype=np.float64).reshape(-1)
    word = words("projection", flat.size, 0)
    sums = [
        np.sum(np.where(word >> np.uint64(k) & np.uint64(1), -flat, flat))
        for k in range(PROJECTIONS)
    ]
    return np.array(sums) / 8.0


# `formula.rs` pins the same.
PINS = {
    "words": ["0x572ef5517b0941b1", "0x5e8e2cbf1fce55aa"],
    "weight": [-0.45096370577812195, -0.3695145845413208],
    "norm weight": [0.9312388300895691, 0.5933414697647095],
    "last norm weight": [0.4325401782989502, 0.43086791038513184],
    "bias": [0.16889294981956482, 0.08894979953765869],
    "running mean": [0.08685988187789917, 0.22073328495025635],
    "running variance": [1.0802347660064697, 2.0683681964874268],
    "images": [1.5617570877075195, 0.6026983261108398],
    "labels": [0, 1, 2, 5, 4, 2],
    "projections 0 and 63": [0.8598863780498505, 0.01341298222541809],
}


def pinned():
    """What stands in PINS, computed."""
    return {
        "words": [hex(word) for word in words("conv1.weight", 2, 7)],
        "weight": fill("conv1.weight", (2, 3, 1, 1), 7).ravel()[:2].tolist(),
        "norm weight": fill("bn1.weight", (2,), 7).tolist(),
        "last norm weight": fill("layer1.0.bn2.weight", (2,), 7, "bn2").tolist(),
        "bias": fill("fc.bias", (2,), 7).tolist(),
        "running mean": fill("bn1.running_mean", (2,), 7).tolist(),
        "running variance": fill("bn1.running_var", (2,), 7).tolist(),
        "images": images((1, 1, 1, 2), 7).ravel().tolist(),
        "labels": labels(6, 10, 7).tolist(),
        "projections 0 and 63": project(images((1, 1, 5, 5), 7))[[0, 63]].tolist(),
    }


if __name__ == "__main__":
    for name, value in pinned().items():
        expected = np.array(PINS[name])
        same = (np.array(value, dtype=expected.dtype) == expected).all()
        print(f"{name}: {value}{'' if same else f', but pinned as {PINS[name]}'}")
        if not same:
            sys.exit(1)

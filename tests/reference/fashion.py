"""Fashion-MNIST by PyTorch, with the recipe of experiments/fashion_short.yaml: a result to hold ours against.

usage: fashion.py [--data DIR] [--epochs 3] [--seeds 1 2 3]

ResNet-20 of He et al. 2015 (option A), batches of 128, Nesterov's SGD with a peak rate of 0.1, a warm-up over a
twentieth of the steps and a cosine, weight decay 5e-4 without norms and biases, crops shifted by up to 2 pixels, flips.
Prints seconds of training an epoch (channels-last, the faster layout) and the test accuracy at the end.
"""
import argparse, gzip, math, pathlib, time

import numpy as np, torch
from torch import nn
from torch.nn import functional as F


def read(folder, part):
    images = gzip.open(folder / f"{part}-images-idx3-ubyte.gz").read()[16:]
    labels = gzip.open(folder / f"{part}-labels-idx1-ubyte.gz").read()[8:]
    pixels = torch.from_numpy(np.frombuffer(images, np.uint8).copy()).view(-1, 1, 28, 28).float() / 255
    return pixels, torch.from_numpy(np.frombuffer(labels, np.uint8).copy()).long()


class Block(nn.Module):
    def __init__(self, before, channels, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(before, channels, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.stride, self.more = stride, channels - before

    def forward(self, x):
        skip = x
        if self.more:
            skip = F.pad(x[:, :, ::self.stride, ::self.stride], (0, 0, 0, 0, self.more // 2, self.more // 2))
        x = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(x)) + skip)


def resnet20():
    blocks, before = [], 16
    for channels, stride in [(16, 1), (32, 2), (64, 2)]:
        for stride in (stride, 1, 1):
            blocks.append(Block(before, channels, stride))
            before = channels
    model = nn.Sequential(nn.Conv2d(1, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU(), *blocks,
                          nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
    return model.to(memory_format=torch.channels_last)


def augmented(images):
    n = len(images)
    padded = F.pad(images, (2, 2, 2, 2))
    top, left = torch.randint(0, 5, (n,)), torch.randint(0, 5, (n,))
    rows = top[:, None] + torch.arange(28)
    columns = left[:, None] + torch.arange(28)
    flips = torch.rand(n) < 0.5
    columns[flips] = columns[flips].flip(1)
    crops = padded[torch.arange(n)[:, None, None], 0, rows[:, :, None], columns[:, None, :]]
    return crops[:, None].contiguous(memory_format=torch.channels_last)


def train(seed, epochs, data):
    (images, labels), (test, truth) = data
    torch.manual_seed(seed)
    model = resnet20()
    decayed = [p for p in model.parameters() if p.ndim > 1]
    others = [p for p in model.parameters() if p.ndim == 1]
    optimizer = torch.optim.SGD([{"params": decayed, "weight_decay": 5e-4}, {"params": others}], lr=0.1, momentum=0.9, nesterov=True)
    steps_an_epoch = math.ceil(len(images) / 128)
    steps, step, began = epochs * steps_an_epoch, 0, time.perf_counter()
    warmup = steps / 20
    for _ in range(epochs):
        model.train()
        for chosen in torch.randperm(len(images)).split(128):
            rate = 0.1 * (step + 1) / warmup if step < warmup else 0.05 * (1 + math.cos(math.pi * (step - warmup) / (steps - warmup)))
            for group in optimizer.param_groups:
                group["lr"] = rate
            loss = F.cross_entropy(model(augmented(images[chosen])), labels[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            step += 1
    seconds = (time.perf_counter() - began) / epochs
    model.eval()
    with torch.inference_mode():
        right = sum((model(x).argmax(1) == y).sum().item() for x, y in zip(test.split(500), truth.split(500)))
    accuracy = 100 * right / len(test)
    print(f"seed {seed}: {accuracy:.2f}%, {seconds:.1f} s an epoch", flush=True)
    return accuracy


arguments = argparse.ArgumentParser()
arguments.add_argument("--data", type=pathlib.Path, default="/usr/share/datasets/fashion-mnist")
arguments.add_argument("--epochs", type=int, default=3)
arguments.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
arguments.add_argument("--threads", type=int, default=2)
given = arguments.parse_args()
torch.set_num_threads(given.threads)
data = read(given.data, "train"), read(given.data, "t10k")
print(f"mean {np.mean([train(seed, given.epochs, data) for seed in given.seeds]):.2f}%")

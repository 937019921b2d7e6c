"""The networks of specs in PyTorch, and what one run of a network gives.

Parameter names are torchvision's: conv1, bn1, layer1.0.conv1, ...,
layer2.0.downsample.0, fc.
"""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn


def pair(value):
    """Rows and columns of a key that may hold one number for both."""
    return (value, value) if isinstance(value, int) else tuple(value)


def activation(word):
    """A module by its name in specs: `word`, or `{word: {key: value}}`."""
    word, keys = (word, {}) if isinstance(word, str) else next(iter(word.items()))
    return {
        "relu": nn.ReLU,
        "leaky_relu": lambda slope=0.01: nn.LeakyReLU(slope),
        "silu": nn.SiLU,
        "gelu": nn.GELU,
        "elu": lambda alpha=1.0: nn.ELU(alpha),
        "hard_swish": nn.Hardswish,
        "sigmoid": nn.Sigmoid,
        "tanh": nn.Tanh,
        "identity": nn.Identity,
    }[word](**keys)


def conv(in_channels, out_channels, kernel, stride, bias=False):
    return nn.Conv2d(in_channels, out_channels, kernel, stride, kernel // 2, bias=bias)


class Block(nn.Module):
    """A basic block or a bottleneck, with norms or with biases instead."""

    def __init__(self, keys, in_channels, channels, stride, norms):
        super().__init__()
        norm = nn.BatchNorm2d if norms else lambda _: nn.Identity()
        if keys["kind"] == "basic":
            out_channels = channels
            layers = [(channels, 3, stride), (channels, 3, 1)]
        else:
            out_channels = 4 * channels
            strides = (stride, 1) if keys.get("stride_on") == "conv1" else (1, stride)
            layers = [(channels, 1, strides[0]), (channels, 3, strides[1]), (out_channels, 1, 1)]
        self.count = len(layers)
        width = in_channels
        for i, (out, kernel, layer_stride) in enumerate(layers, 1):
            self.add_module(f"conv{i}", conv(width, out, kernel, layer_stride, not norms))
            self.add_module(f"bn{i}", norm(out))
            self.add_module(f"relu{i}", activation(keys.get("activation", "relu")))
            width = out
        self.shortcut, self.stride = keys["shortcut"], pair(stride)
        self.more_channels = out_channels - in_channels
        self.out_channels = out_channels
        changes = self.stride != (1, 1) or self.more_channels
        if self.shortcut == "projection_all" or (self.shortcut == "projection" and changes):
            self.downsample = nn.Sequential(
                conv(in_channels, out_channels, 1, stride, not norms), norm(out_channels)
            )

    def skip(self, x):
        if self.shortcut == "none":
            return 0
        if self.shortcut == "identity":
            rows, columns = self.stride
            return F.pad(x[:, :, ::rows, ::columns], (0, 0, 0, 0, 0, self.more_channels))
        return self.downsample(x) if hasattr(self, "downsample") else x

    def forward(self, x):
        y = x
        for i in range(1, self.count + 1):
            y = getattr(self, f"bn{i}")(getattr(self, f"conv{i}")(y))
            if i == self.count:
                y = y + self.skip(x)
            y = getattr(self, f"relu{i}")(y)
        return y


class ResNet(nn.Module):
    """The network of a spec in family form, of what torchvision has and a little more."""

    def __init__(self, spec):
        super().__init__()
        stem, norms = spec["stem"], spec.get("norm") != "none"
        keys = {"activation": spec.get("activation", "relu"), **spec["block"]}
        width = stem["channels"]
        kernel, stride = pair(stem["kernel"]), pair(stem.get("stride", 1))
        padding = pair(stem.get("padding", [side // 2 for side in kernel]))
        self.conv1 = nn.Conv2d(
            spec["input"]["channels"], width, kernel, stride, padding, bias=not norms
        )
        self.bn1 = nn.BatchNorm2d(width) if norms else nn.Identity()
        self.relu = activation(keys["activation"])
        self.pool = nn.Identity()
        if pool := stem.get("pool"):
            kind = {"max": nn.MaxPool2d, "average": nn.AvgPool2d}[pool["kind"]]
            kernel = pool["kernel"]
            padding = pool.get("padding", kernel // 2 if isinstance(kernel, int) else None)
            self.pool = kind(kernel, pool["stride"], padding)
        self.stages = len(spec["stages"])
        for i, stage in enumerate(spec["stages"], 1):
            blocks = []
            for j in range(stage["blocks"]):
                stride = stage.get("stride", 1) if j == 0 else 1
                blocks.append(Block({**keys, **stage}, width, stage["channels"], stride, norms))
                width = blocks[-1].out_channels
            self.add_module(f"layer{i}", nn.Sequential(*blocks))
        head = spec["head"]
        self.fc = nn.Linear(width, head["classes"], head.get("bias", True))

    def forward(self, x):
        x = self.pool(self.relu(self.bn1(self.conv1(x))))
        for i in range(1, self.stages + 1):
            x = getattr(self, f"layer{i}")(x)
        return self.fc(x.mean((2, 3)))


def depth(net):
    """Layers with weights, as the literature counts: projections don't."""
    layers = (nn.Conv2d, nn.Linear)
    return sum(isinstance(m, layers) and "downsample" not in n for n, m in net.named_modules())


def last_norm(net):
    """Name of the last norm of this net's blocks."""
    return "bn3" if any(n.endswith(".bn3") for n, _ in net.named_modules()) else "bn2"


def results(net, state, x, labels, dtype):
    """What `run --grad` writes, as float64 arrays by name, computed in `dtype`.

    `state` is loaded afresh, so that every call starts from the same running
    statistics.
    """
    net.load_state_dict({k: torch.as_tensor(v) for k, v in state.items()}, strict=False)
    net.to(dtype).zero_grad(set_to_none=True)
    x = torch.as_tensor(x).to(dtype)
    with torch.no_grad():
        out = {"logits": net.eval()(x)}
    out["logits_train"] = net.train()(x)
    out["loss"] = F.cross_entropy(out["logits_train"], torch.as_tensor(labels))
    out["loss"].backward()
    for name, parameter in net.named_parameters():
        out[f"grad.{name}"] = parameter.grad
    for name, buffer in net.named_buffers():
        if "running" in name:
            out[f"after.{name}"] = buffer
    return {k: v.detach().double().numpy().copy() for k, v in out.items()}


class Margins:
    """Watches a forward pass for places where rounding could change a choice.

    `relu` is the smallest distance of a pre-activation from 0 and `pool` the
    smallest lead of a max pool's winner, both relative to their tensor's rms.
    """

    def __init__(self, net):
        self.relu = self.pool = float("inf")
        self.hooks = []
        for module in net.modules():
            if isinstance(module, nn.ReLU):
                self.hooks.append(module.register_forward_pre_hook(self.watch_relu))
            elif isinstance(module, nn.MaxPool2d):
                self.hooks.append(module.register_forward_pre_hook(self.watch_pool))

    def watch_relu(self, _, inputs):
        x = inputs[0].detach()
        self.relu = min(self.relu, (x.abs().min() / x.square().mean().sqrt()).item())

    def watch_pool(self, module, inputs):
        self.pool = min(self.pool, pool_lead(module, inputs[0].detach()))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for hook in self.hooks:
            hook.remove()


def pool_lead(pool, x):
    """Smallest lead of the winners of a max pool over the runners-up, relative to rms.

    A tie at 0 doesn't count: behind a ReLU no gradient passes there.
    """
    kernel, stride, padding = pool.kernel_size, pool.stride, pool.padding
    padded = F.pad(x, (padding,) * 4, value=float("-inf"))
    windows = padded.unfold(2, kernel, stride).unfold(3, kernel, stride).flatten(4)
    first, second = windows.topk(2, dim=4).values.unbind(4)
    lead = (first - second)[first > 0].min()
    return (lead / x.square().mean().sqrt()).item()


def error(actual, expected):
    """Relative L2 error; infinite for another shape or for values that aren't finite."""
    actual, expected = np.asarray(actual, np.float64), np.asarray(expected, np.float64)
    if actual.shape != expected.shape or not np.isfinite(actual).all():
        return float("inf")
    difference = np.linalg.norm(actual - expected)
    # Below this only rounding is left, and it has no relative size.
    return 0.0 if difference <= 1e-7 else difference / max(np.linalg.norm(expected), 1e-300)

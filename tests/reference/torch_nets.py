"""The networks of specs in PyTorch, and what one run of a network gives.

Parameter names are torchvision's: conv1, bn1, layer1.0.conv1, ...,
layer2.0.downsample.0, fc.
"""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

import formula


def activation(word):
    """Makes modules of the function that a spec's `activation` names."""
    name, keys = (word, {}) if isinstance(word, str) else next(iter(word.items()))
    keys = keys or {}
    return {
        "relu": nn.ReLU,
        "leaky_relu": lambda: nn.LeakyReLU(keys.get("slope", 0.01)),
        "silu": nn.SiLU,
        "gelu": nn.GELU,
        "elu": lambda: nn.ELU(keys.get("alpha", 1.0)),
        "hard_swish": nn.Hardswish,
        "sigmoid": nn.Sigmoid,
        "tanh": nn.Tanh,
        "identity": nn.Identity,
    }[name]


def pair(size):
    """A size for rows and columns."""
    return tuple(size) if isinstance(size, (list, tuple)) else (size, size)


def half(size):
    """The padding that keeps a size."""
    return tuple(kernel // 2 for kernel in pair(size))


class Parts:
    """What all convolutions of a spec have in common: the norm after them, or their bias."""

    def __init__(self, spec):
        norm = spec.get("norm", "batch")
        self.norm_keys = None if norm == "none" else (norm["batch"] if isinstance(norm, dict) else {})
        self.activation = activation(spec.get("activation", "relu"))

    def conv(self, in_channels, out_channels, kernel, stride, padding=None):
        padding = half(kernel) if padding is None else pair(padding)
        bias = self.norm_keys is None
        return nn.Conv2d(in_channels, out_channels, pair(kernel), pair(stride), padding, bias=bias)

    def norm(self, channels):
        if self.norm_keys is None:
            return nn.Identity()
        keys = self.norm_keys
        return nn.BatchNorm2d(channels, keys.get("epsilon", 1e-5), keys.get("momentum", 0.1))


class Block(nn.Module):
    """A basic block or a bottleneck."""

    def __init__(self, parts, block, in_channels, channels, stride):
        super().__init__()
        self.shortcut, self.stride = block["shortcut"], pair(stride)
        if block["kind"] == "basic":
            out_channels = channels
            layers = [(channels, 3, stride), (channels, 3, 1)]
        else:
            out_channels = 4 * channels
            strides = [stride, 1] if block.get("stride_on") == "conv1" else [1, stride]
            layers = [(channels, 1, strides[0]), (channels, 3, strides[1]), (out_channels, 1, 1)]
        act = activation(block["activation"]) if "activation" in block else parts.activation
        self.count = len(layers)
        width = in_channels
        for i, (out, kernel, layer_stride) in enumerate(layers, 1):
            self.add_module(f"conv{i}", parts.conv(width, out, kernel, layer_stride))
            self.add_module(f"bn{i}", parts.norm(out))
            self.add_module(f"act{i}", act())
            width = out
        self.more_channels = out_channels - in_channels
        self.out_channels = out_channels
        changes = self.stride != (1, 1) or self.more_channels
        if self.shortcut == "projection_all" or (self.shortcut == "projection" and changes):
            self.downsample = nn.Sequential(
                parts.conv(in_channels, out_channels, 1, stride), parts.norm(out_channels)
            )

    def skip(self, x):
        if self.shortcut == "none":
            return 0
        if self.shortcut == "identity":
            x = x[:, :, :: self.stride[0], :: self.stride[1]]
            return F.pad(x, (0, 0, 0, 0, 0, self.more_channels))
        return self.downsample(x) if hasattr(self, "downsample") else x

    def forward(self, x):
        y = x
        for i in range(1, self.count + 1):
            y = getattr(self, f"bn{i}")(getattr(self, f"conv{i}")(y))
            if i == self.count:
                y = y + self.skip(x)
            y = getattr(self, f"act{i}")(y)
        return y


class ResNet(nn.Module):
    """The network of a spec in family form, of what neither torchvision nor timm is needed for."""

    def __init__(self, spec):
        super().__init__()
        stem, head = spec["stem"], spec["head"]
        parts = Parts(spec)
        width = stem["channels"]
        kernel, stride = stem["kernel"], stem.get("stride", 1)
        self.conv1 = parts.conv(spec["input"]["channels"], width, kernel, stride, stem.get("padding"))
        self.bn1 = parts.norm(width)
        self.act1 = parts.activation()
        self.pool = nn.Identity()
        if pool := stem.get("pool"):
            kind = {"max": nn.MaxPool2d, "average": nn.AvgPool2d}[pool["kind"]]
            padding = pool.get("padding", half(pool["kernel"]))
            self.pool = kind(pair(pool["kernel"]), pair(pool["stride"]), pair(padding))
        self.stages = len(spec["stages"])
        for i, stage in enumerate(spec["stages"], 1):
            blocks = []
            block = spec["block"] | stage
            for j in range(stage["blocks"]):
                stride = stage.get("stride", 1) if j == 0 else 1
                blocks.append(Block(parts, block, width, stage["channels"], stride))
                width = blocks[-1].out_channels
            self.add_module(f"layer{i}", nn.Sequential(*blocks))
        self.dropout = nn.Dropout(head.get("dropout", 0.0))
        self.fc = nn.Linear(width, head["classes"], bias=head.get("bias", True))

    def forward(self, x):
        x = self.pool(self.act1(self.bn1(self.conv1(x))))
        for i in range(1, self.stages + 1):
            x = getattr(self, f"layer{i}")(x)
        return self.fc(self.dropout(x.mean((2, 3))))


def depth(net):
    """Layers with weights, as the literature counts: projections don't."""
    layers = (nn.Conv2d, nn.Linear)
    return sum(isinstance(m, layers) and "downsample" not in n for n, m in net.named_modules())


def last_norm(net):
    """Name of the last norm of this net's blocks."""
    return "bn3" if any(n.endswith(".bn3") for n, _ in net.named_modules()) else "bn2"


def outputs(found):
    """What a network gives, by name; a single value is the logits."""
    return dict(found) if isinstance(found, dict) else {"logits": found}


def results(net, state, x, labels, dtype):
    """What `run --grad` writes, as float64 arrays by name, computed in `dtype`.

    `state` is loaded afresh, so that every call starts from the same running
    statistics.
    """
    net.load_state_dict({k: torch.as_tensor(v) for k, v in state.items()}, strict=False)
    net.to(dtype).zero_grad(set_to_none=True)
    x = torch.as_tensor(x).to(dtype)
    with torch.no_grad():
        out = outputs(net.eval()(x))
    others = [name for name in out if name != "logits"]
    trained = outputs(net.train()(x))
    out |= {f"{name}_train": value for name, value in trained.items()}
    out["loss"] = F.cross_entropy(trained["logits"], torch.as_tensor(labels))
    # Outputs beside the logits get a gradient from a formula.
    gradients = [formula.values(f"d_{name}", trained[name].numel(), 0) for name in others]
    extra = [
        (trained[name] * torch.as_tensor(d).to(dtype).reshape(trained[name].shape)).mean()
        for name, d in zip(others, gradients)
    ]
    sum(extra, out["loss"]).backward()
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
            if isinstance(module, (nn.ReLU, nn.LeakyReLU, nn.ELU)):
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
    kernel, stride = pair(pool.kernel_size), pair(pool.stride)
    rows, columns = pair(pool.padding)
    padded = F.pad(x, (columns, columns, rows, rows), value=float("-inf"))
    windows = padded.unfold(2, kernel[0], stride[0]).unfold(3, kernel[1], stride[1]).flatten(4)
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

"""The networks of specs in layer form, in PyTorch, layer by layer."""

import torch
import torch.nn.functional as F
from timm.layers import BlurPool2d, DropPath
from torch import nn

from torch_nets import activation, half, pair

OPERATORS = (
    "conv", "norm", "activation", "pool", "global_pool", "linear", "add", "concat", "scale",
    "blur_pool", "subsample", "dropout", "drop_path",
)  # fmt: skip


class Sum(nn.Module):
    def forward(self, *inputs):
        return sum(inputs[1:], inputs[0])


class Concat(nn.Module):
    def forward(self, *inputs):
        return torch.cat(inputs, 1)


class Scale(nn.Module):
    def forward(self, x, s):
        return x * s[:, :, None, None] if s.dim() == 2 else x * s


class Subsample(nn.Module):
    def __init__(self, stride, channels):
        super().__init__()
        self.stride, self.channels = pair(stride), channels

    def forward(self, x):
        x = x[:, :, :: self.stride[0], :: self.stride[1]]
        return F.pad(x, (0, 0, 0, 0, 0, self.channels - x.shape[1]))


class ExtraPool(nn.Module):
    """A pool with more padding behind the map than before it."""

    def __init__(self, kind, kernel, stride, padding, extra, counted):
        super().__init__()
        self.kind, self.kernel, self.stride, self.counted = kind, kernel, stride, counted
        (top, left), (below, right) = padding, extra
        self.pads = (left, left + right, top, top + below)

    def forward(self, x):
        if self.kind == "max":
            return F.max_pool2d(F.pad(x, self.pads, value=-torch.inf), self.kernel, self.stride)
        mean = F.avg_pool2d(F.pad(x, self.pads), self.kernel, self.stride)
        if self.counted:
            return mean
        inside = F.pad(torch.ones_like(x), self.pads)
        return mean / F.avg_pool2d(inside, self.kernel, self.stride)


class GlobalPool(nn.Module):
    def forward(self, x):
        return x.mean((2, 3), keepdim=True)


class Linear(nn.Linear):
    def forward(self, x):
        return super().forward(x.flatten(1))


def module(operator, keys, channels):
    """A layer's module, and the channels that it makes of those that it reads."""
    first = channels[0]
    if operator == "conv":
        kernel = keys["kernel"]
        made = nn.Conv2d(
            first,
            keys["channels"],
            pair(kernel),
            pair(keys.get("stride", 1)),
            pair(keys.get("padding", half(kernel))),
            pair(keys.get("dilation", 1)),
            keys.get("groups", 1),
            bias=keys.get("bias", False),
        )
        return made, keys["channels"]
    if operator == "norm":
        keys = keys if isinstance(keys, dict) else {}
        keys = keys.get("batch", keys) or {}
        return nn.BatchNorm2d(first, keys.get("epsilon", 1e-5), keys.get("momentum", 0.1)), first
    if operator == "activation":
        return activation(keys)(), first
    if operator == "pool":
        kernel, stride = pair(keys["kernel"]), pair(keys["stride"])
        padding, ceil = pair(keys.get("padding", half(keys["kernel"]))), keys.get("ceil", False)
        counted = keys.get("count_padding", True)
        if "extra_padding" in keys:
            return ExtraPool(keys["kind"], kernel, stride, padding, pair(keys["extra_padding"]), counted), first
        if keys["kind"] == "max":
            return nn.MaxPool2d(kernel, stride, padding, ceil_mode=ceil), first
        return nn.AvgPool2d(kernel, stride, padding, ceil_mode=ceil, count_include_pad=counted), first
    if operator == "linear":
        return Linear(first, keys["features"], bias=keys.get("bias", True)), keys["features"]
    if operator == "subsample":
        return Subsample(keys["stride"], keys["channels"]), keys["channels"]
    if operator == "blur_pool":
        return BlurPool2d(first, keys.get("kernel", 3), keys.get("stride", 2)), first
    if operator == "dropout":
        return nn.Dropout(keys["rate"] if isinstance(keys, dict) else keys), first
    if operator == "drop_path":
        return DropPath(keys["rate"] if isinstance(keys, dict) else keys), first
    plain = {"global_pool": GlobalPool, "add": Sum, "concat": Concat, "scale": Scale}
    return plain[operator](), sum(channels) if operator == "concat" else first


class LayerNet(nn.Module):
    """A list of named layers; the name `a.b` is a module `b` in a module `a`."""

    def __init__(self, spec):
        super().__init__()
        channels = {"input": spec["input"]["channels"]}
        self.layers, before = [], "input"
        waiting = [dict(layer) for layer in spec["layers"]]
        for layer in waiting:
            operator = next(key for key in OPERATORS if key in layer)
            keys = layer[operator]
            several = operator in ("add", "concat", "scale")
            inputs = list(keys) if several else [layer.get("input", before)]
            self.layers.append((layer["name"], operator, keys, inputs))
            before = layer["name"]
        # Layers may stand before those that they read.
        ready, left = [], self.layers
        while left:
            known = {"input", *(name for name, *_ in ready)}
            able = next(layer for layer in left if known.issuperset(layer[3]))
            ready.append(able)
            left = [layer for layer in left if layer is not able]
        self.layers = ready
        for name, operator, keys, inputs in ready:
            made, channels[name] = module(operator, keys, [channels[i] for i in inputs])
            self.place(name, made)
        outputs = spec.get("outputs", {"logits": before})
        self.outputs = list(outputs.items())

    def place(self, name, made):
        *outer, last = name.split(".")
        parent = self
        for part in outer:
            if not hasattr(parent, part):
                parent.add_module(part, nn.Module())
            parent = getattr(parent, part)
        parent.add_module(last, made)

    def forward(self, x):
        """The first output, or all of them by name if there are several."""
        values = {"input": x}
        for name, _, _, inputs in self.layers:
            values[name] = self.get_submodule(name)(*(values[i] for i in inputs))
        found = {output: values[layer] for output, layer in self.outputs}
        found = {k: v.flatten(1) if v.shape[2:] == (1, 1) else v for k, v in found.items()}
        return found if len(found) > 1 else next(iter(found.values()))

"""Dropout and stochastic depth with the draws of a trainer of seed 0 in its first step."""

import torch
from timm.layers import DropPath
from torch import nn

import philox


class Drawn(nn.Module):
    """Multiplies by the mask of one layer; `stream` numbers such layers in the network."""

    def __init__(self, mask, rate, stream):
        super().__init__()
        self.mask, self.rate, self.stream = mask, rate, stream

    def forward(self, x):
        return x * self.mask(x.shape, self.rate, self.stream).to(x.dtype) if self.training else x


def dropout(shape, rate, stream):
    image = [*shape, 1, 1][:4]
    return torch.as_tensor(philox.dropout_mask(0, 1, stream, rate, image)).reshape(shape)


def drop_path(shape, rate, stream):
    mask = torch.as_tensor(philox.drop_path_mask(0, 1, stream, rate, shape[0]))
    return mask.reshape(-1, *[1] * (len(shape) - 1))


def replace(net):
    """The network with its layers of chance replaced, in its own order."""
    chance = [(n, m) for n, m in net.named_modules() if isinstance(m, (nn.Dropout, DropPath))]
    chance = [(n, m) for n, m in chance if rate(m) > 0]
    for stream, (name, module) in enumerate(chance):
        *outer, last = name.split(".")
        parent = net.get_submodule(".".join(outer))
        mask = dropout if isinstance(module, nn.Dropout) else drop_path
        setattr(parent, last, Drawn(mask, rate(module), stream))
    return net


def rate(module):
    return module.p if isinstance(module, nn.Dropout) else module.drop_prob

"""Records what torchvision's and timm's networks hold: names.tsv, one network a line.

    python names.py            writes names.tsv
    python names.py --check    compares with it, writes nothing

A line is the model's name, its trainable parameters, the multiply-adds of its convolutions,
linear layers and blurs at 224x224, how many tensors `state_dict` has without `num_batches_tracked`, and the
SHA-256 of their sorted lines `NAME SIZE SIZE ...`.
"""

import argparse
import hashlib
import pathlib
import sys

import timm
import torch
import torchvision
from timm.layers import BlurPool2d

HERE = pathlib.Path(__file__).resolve().parent
TORCHVISION = [
    "resnet18",
    "resnet34",
    "resnet50",
    "resnet101",
    "resnet152",
    "resnext50_32x4d",
    "resnext101_32x8d",
    "wide_resnet50_2",
    "wide_resnet101_2",
]
TIMM = ["resnet26d", "resnet34d", "resnet50d", "seresnet50", "resnetv2_50", "resnetblur50"]


def macs(net):
    """Multiply-adds of convolutions, linear layers and blurs, of one image."""
    total = 0

    def count(module, _, output):
        nonlocal total
        weight = module.filt if isinstance(module, BlurPool2d) else module.weight
        total += output.numel() * weight[0].numel()

    layers = (torch.nn.Conv2d, torch.nn.Linear, BlurPool2d)
    for module in net.modules():
        if isinstance(module, layers):
            module.register_forward_hook(count)
    with torch.no_grad():
        net.eval()(torch.zeros(1, 3, 224, 224))
    return total


def line(name, net):
    """The network's line."""
    state = {
        key: value
        for key, value in net.state_dict().items()
        if not key.endswith("num_batches_tracked")
    }
    lines = sorted(" ".join([key, *map(str, value.shape)]) for key, value in state.items())
    digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    parameters = sum(parameter.numel() for parameter in net.parameters())
    return "\t".join([name, str(parameters), str(macs(net)), str(len(lines)), digest])


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--check", action="store_true")
    check = arguments.parse_args().check
    lines = [line(name, torchvision.models.get_model(name)) for name in TORCHVISION]
    lines += [line(name, timm.create_model(name)) for name in TIMM]
    text = "\n".join(lines) + "\n"
    file = HERE / "names.tsv"
    if not check:
        file.write_text(text)
    elif text != file.read_text():
        sys.exit("names.tsv differs from what torchvision and timm have")


if __name__ == "__main__":
    main()

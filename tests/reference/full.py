"""Compares a network's binary with PyTorch at full size.

    python full.py BINARY MODEL [--batch 2] [--size 224] [--seed 1] [--keep FOLDER]

MODEL is a ResNet of torchvision (resnet18, resnext50_32x4d, ...), of timm (resnet50d,
resnetv2_50, ...) or of He et al.'s CIFAR family (cifar_resnet20, cifar_plain56, ...), BINARY the program compiled from its
spec. Makes weights, images and labels, runs `BINARY run --grad` on them, and
compares all that it writes with PyTorch in float64; PyTorch's own float32 stands
beside. Exit code 1 above a relative L2 error of 1e-4. Of networks whose activations
don't all follow norms (SE, pre-activation), biases can't be moved away from kinks:
there only the logits judge, and gradients are to be read beside PyTorch's.
"""

import argparse
import pathlib
import re
import subprocess
import sys
import tempfile

import timm
import torch
import torch.nn.functional as F
import torchvision
from safetensors.numpy import load_file, save_file
from torch import nn

import torch_nets

TOLERANCE = 1e-4
# A max pool's winners must lead by this much (in rms) before images are accepted.
POOL_LEAD = 1e-5
POOL_DRAWS = 40


def build(model):
    """The network of this name, with its input size and its classes."""
    if match := re.fullmatch(r"cifar_(resnet|plain)(\d+)", model):
        blocks, rest = divmod(int(match[2]) - 2, 6)
        if rest or blocks < 1:
            sys.exit(f"{model}: CIFAR nets have 6n + 2 layers")
        spec = {
            "input": {"channels": 3},
            "stem": {"channels": 16, "kernel": 3},
            "block": {"kind": "basic", "shortcut": "identity" if match[1] == "resnet" else "none"},
            "stages": [
                {"blocks": blocks, "channels": 16},
                {"blocks": blocks, "channels": 32, "stride": 2},
                {"blocks": blocks, "channels": 64, "stride": 2},
            ],
            "head": {"classes": 10},
        }
        return torch_nets.ResNet(spec), 32, 10
    if not re.search("resnex?t", model):
        sys.exit(f"{model}: no ResNet of torchvision, of timm or of the CIFAR family")
    if make := getattr(torchvision.models, model, None):
        return make(weights=None), 224, 1000
    return timm.create_model(model), 224, 1000


def uniform(shape, low, high, generator):
    return low + (high - low) * torch.rand(shape, generator=generator, dtype=torch.float64)


def initialise(net, generator):
    """He normal convolutions, norms around 1; residual branches weak in deep nets."""
    scale = 0.3 if torch_nets.depth(net) >= 50 else 1.0
    last_norm = torch_nets.last_norm(net)
    with torch.no_grad():
        for name, module in net.named_modules():
            if isinstance(module, nn.Conv2d):
                fan_out = module.weight[0, 0].numel() * module.out_channels / module.groups
                values = torch.randn(module.weight.shape, generator=generator, dtype=torch.float64)
                module.weight.copy_(values * (2 / fan_out) ** 0.5)
            elif isinstance(module, nn.BatchNorm2d):
                module.weight.copy_(uniform(module.weight.shape, 0.5, 1.5, generator))
                module.bias.copy_(uniform(module.bias.shape, -0.25, 0.25, generator))
                if name.endswith("." + last_norm):
                    module.weight.mul_(scale)
            elif isinstance(module, nn.Linear):
                bound = module.in_features**-0.5
                module.weight.copy_(uniform(module.weight.shape, -bound, bound, generator))
                module.bias.copy_(uniform(module.bias.shape, -bound, bound, generator))


def smooth_noise(shape, generator):
    """Noise of several scales, the coarse ones strongest: near to photographs."""
    height, width = shape[2:]
    image = torch.zeros(shape, dtype=torch.float64)
    for step in (32, 16, 8, 4):
        size = (*shape[:2], max(height // step, 2), max(width // step, 2))
        coarse = torch.randn(size, generator=generator, dtype=torch.float64)
        image += F.interpolate(coarse, (height, width), mode="bicubic") * (step / 16) ** 0.5
    return round_to_float32(image / image.std())


def round_to_float32(tensor):
    return tensor.float().double()


def nudge_biases(net, x):
    """Moves every norm's bias by at most 0.02 of the layer's rms, so that in training
    mode the pre-activations leave the widest gap around 0 that is within reach.

    One forward pass does, since a layer is moved before the next one sees it.
    """
    norm = None

    def remember(module, *_):
        nonlocal norm
        norm = module

    def widen(_, inputs):
        y = inputs[0]
        # The rounded bias is what the other side gets; `moved` is what it does here.
        moved = best_shift(y)
        old = norm.bias.clone()
        norm.bias.copy_(round_to_float32(old + moved))
        return (y + (norm.bias - old)[:, None, None],)

    hooks = [m.register_forward_hook(remember) for m in net.modules() if isinstance(m, nn.BatchNorm2d)]
    hooks += [m.register_forward_pre_hook(widen) for m in net.modules() if isinstance(m, nn.ReLU)]
    with torch.no_grad():
        net.train()(x)
    for hook in hooks:
        hook.remove()


def activations_follow_norms(net):
    """Whether every activation comes right after a norm, or a sum that ends in one."""
    return not any(isinstance(m, (timm.layers.SEModule, timm.layers.BatchNormAct2d)) for m in net.modules())


def best_shift(y):
    """Per channel, the shift that centres the widest gap near 0 on 0."""
    reach = 0.02 * y.square().mean().sqrt().item()
    shifts = []
    for channel in y.transpose(0, 1).flatten(1):
        near = channel[channel.abs() <= reach]
        edges = torch.cat([near, torch.tensor([-reach, reach])]).sort().values
        widest = edges.diff().argmax()
        shifts.append(-(edges[widest] + edges[widest + 1]) / 2)
    return torch.stack(shifts)


def draw_images(net, shape, generator):
    """Images under which the stem's max pool, if any, has clear winners."""
    pools = [m for m in net.modules() if isinstance(m, nn.MaxPool2d) and hasattr(net, "bn1")]
    best, chosen = -1.0, None
    for _ in range(POOL_DRAWS):
        x = smooth_noise(shape, generator)
        if not pools:
            return x
        with torch.no_grad():
            lead = torch_nets.pool_lead(pools[0], net.train().bn1(net.conv1(x)))
        if lead > best:
            best, chosen = lead, x
        if best >= POOL_LEAD:
            break
    return chosen


def calibrate(net, x, generator):
    """Sets running statistics to the batch's own, then disturbs them."""
    norms = [m for m in net.modules() if isinstance(m, nn.BatchNorm2d)]
    for norm in norms:
        norm.momentum = 1.0
    with torch.no_grad():
        net.train()(x)
        for norm in norms:
            norm.momentum = 0.1
            shift = uniform(norm.running_mean.shape, -0.1, 0.1, generator)
            norm.running_mean.add_(shift * norm.running_var.sqrt())
            norm.running_var.mul_(uniform(norm.running_var.shape, 0.8, 1.25, generator))


def round_state(net):
    with torch.no_grad():
        for value in net.state_dict().values():
            if value.is_floating_point():
                value.copy_(round_to_float32(value))


def float32_state(net):
    """The state dictionary in float32, the counters (i64) as they are."""
    return {
        name: (value.float() if value.is_floating_point() else value).numpy().copy()
        for name, value in net.state_dict().items()
    }


def prepare(net, shape, classes, seed):
    """Weights, images and labels that can judge float32."""
    generator = torch.Generator().manual_seed(seed)
    initialise(net, generator)
    round_state(net)
    x = draw_images(net, shape, generator)
    if activations_follow_norms(net):
        nudge_biases(net, x)
    calibrate(net, x, generator)
    round_state(net)
    labels = torch.randint(classes, shape[:1], generator=generator)
    with torch.no_grad(), torch_nets.Margins(net.train()) as margins:
        weights = float32_state(net)
        net(x)
    print(f"margins: relu {margins.relu:.1e} rms, max pool {margins.pool:.1e} rms", file=sys.stderr)
    return weights, x.float().numpy(), labels.numpy()


def run_binary(arguments, weights, x, labels, folder):
    """What the binary writes; its tensors by name."""
    paths = [folder / f"{name}.safetensors" for name in ("weights", "x", "y")]
    save_file(weights, paths[0])
    save_file({"x": x, "labels": labels}, paths[1])
    command = [arguments.binary, "run", "--weights", paths[0], "--input", paths[1], "--output", paths[2], "--grad"]
    code = subprocess.run(command).returncode
    if code:
        sys.exit(f"{arguments.binary} run ended with exit code {code}")
    return load_file(paths[2])


KINDS = {
    "eval logits": lambda name: name == "logits",
    "training logits": lambda name: name == "logits_train",
    "loss": lambda name: name == "loss",
    "worst gradient": lambda name: name.startswith("grad."),
    "worst running statistic": lambda name: name.startswith("after.") and "running" in name,
}


def worst(found, exact, kind):
    """The largest error among the tensors of a kind, and the tensor's name."""
    names = [name for name in exact if KINDS[kind](name)]
    # A loss may be written as a scalar or as one element.
    shaped = {
        name: found[name].reshape(exact[name].shape) if exact[name].size == 1 == found[name].size else found[name]
        for name in names
        if name in found
    }
    errors = [(torch_nets.error(shaped[n], exact[n]) if n in shaped else float("inf"), n) for n in names]
    return max(errors)


def report(found, float32, exact, kinks):
    """Prints a line a kind; true if all are within the tolerance.

    With `kinks`, gradients may err four times as much as PyTorch's float32.
    """
    good = True
    for kind in KINDS:
        error, name = worst(found, exact, kind)
        own, own_name = worst(float32, exact, kind)
        if name not in found:
            name += ", missing"
        where = f" ({name})" if "worst" in kind else ""
        own_where = f" ({own_name})" if "worst" in kind else ""
        allowed = max(TOLERANCE, 4 * own) if kinks and kind == "worst gradient" else TOLERANCE
        verdict = "ok" if error <= allowed else "TOO LARGE"
        print(f"{kind:24} {error:.1e}{where}, PyTorch float32 {own:.1e}{own_where}: {verdict}")
        good &= error <= allowed
    if extra := [n for n in sorted(found) if n not in exact and not n.endswith("num_batches_tracked")]:
        print("not expected:", ", ".join(extra))
        good = False
    return good


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("binary", type=lambda path: pathlib.Path(path).resolve())
    parser.add_argument("model")
    parser.add_argument("--batch", type=int, default=2)
    parser.add_argument("--size", type=int, help="height and width of the images (default: the model's)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--torch-threads", type=int, default=1)
    parser.add_argument("--keep", type=pathlib.Path, help="write the files here and keep them")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.torch_threads)

    net, size, classes = build(arguments.model)
    size = arguments.size or size
    weights, x, labels = prepare(net.double(), (arguments.batch, 3, size, size), classes, arguments.seed)
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.keep or pathlib.Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        found = run_binary(arguments, weights, x, labels, folder)
    exact = torch_nets.results(net, weights, x, labels, torch.float64)
    float32 = torch_nets.results(net, weights, x, labels, torch.float32)
    kinks = not activations_follow_norms(net)
    return 0 if report(found, float32, exact, kinks) else 1


if __name__ == "__main__":
    sys.exit(main())

"""Makes the recorded references NAME.safetensors from specs/NAME.yaml.

    python make.py            every spec
    python make.py NAME...    these
    python make.py --check    recompute and compare with the files, write nothing
"""

import argparse
import math
import pathlib
import sys

import torch
import yaml
from safetensors.numpy import save_file
from safetensors import safe_open

import draws
import formula
import layer_nets
import timm_nets
import torch_nets

HERE = pathlib.Path(__file__).resolve().parent
BATCH = {"basic_projection": 3, "wide_average": 4, "digits": 4}
DEFAULT_BATCH = 2


def network(spec):
    """The network of a spec, from what is its reference."""
    if "layers" in spec:
        return layer_nets.LayerNet(spec)
    if spec["model"].startswith("timm") or timm_nets.has(spec):
        return timm_nets.net(spec)
    return torch_nets.ResNet(spec)


SEEDS = 400
# A seed is good when no pre-activation is nearer to 0 than this (in rms of its
# tensor), no max pool's winner leads by less, and PyTorch's float32 is this near.
MARGIN = 5e-5
FLOAT32_ERROR = 5e-6


def state(net, seed, scaled_norm):
    """All parameters and running statistics by the formula."""
    return {
        name: formula.fill(name, tuple(value.shape), seed, scaled_norm)
        for name, value in net.state_dict().items()
        if not name.endswith("num_batches_tracked")
    }


class Case:
    """One spec with everything but the seed decided."""

    def __init__(self, name):
        self.name = name
        self.spec = yaml.safe_load((HERE / "specs" / f"{name}.yaml").read_text())
        assert self.spec["model"] == name, f"{name}.yaml names its model {self.spec['model']}"
        self.net = draws.replace(network(self.spec).double())
        self.batch = BATCH.get(name, DEFAULT_BATCH)
        plain = self.spec.get("block", {}).get("shortcut") == "none"
        deep = torch_nets.depth(self.net) >= 20 and not plain
        self.scaled_norm = torch_nets.last_norm(self.net) if deep else ""
        size = self.spec["input"]
        self.images = (self.batch, size["channels"], size["height"], size["width"])
        with torch.no_grad():
            logits = torch_nets.outputs(self.net.eval()(torch.zeros(self.images).double()))["logits"]
        _, self.classes, *self.pixels = logits.shape

    def inputs(self, seed):
        """Weights, images and labels: one for each image, or for each pixel of a map."""
        labels = formula.labels(math.prod((self.batch, *self.pixels)), self.classes, seed)
        return (
            state(self.net, seed, self.scaled_norm),
            formula.images(self.images, seed),
            labels.reshape(self.batch, *self.pixels),
        )

    def margin(self, seed):
        """Margin of the training-mode forward pass, the only one with a gradient."""
        weights, x, _ = self.inputs(seed)
        self.net.load_state_dict({k: torch.as_tensor(v) for k, v in weights.items()}, strict=False)
        with torch.no_grad(), torch_nets.Margins(self.net.double().train()) as margins:
            self.net(torch.as_tensor(x).double())
        return min(margins.relu, margins.pool)

    def seed(self):
        """The first good seed, or the one of the widest margin, and its margin."""
        best = (0.0, 0)
        for seed in range(1, SEEDS + 1):
            margin = self.margin(seed)
            if margin >= MARGIN and self.float32_errors(seed)[0] <= FLOAT32_ERROR:
                return seed, margin
            best = max(best, (margin, seed))
        return best[1], best[0]

    def results(self, seed, dtype=torch.float64):
        return torch_nets.results(self.net, *self.inputs(seed), dtype)

    def float32_errors(self, seed):
        """The worst relative error of PyTorch's float32, by two different kernels."""
        exact = self.results(seed)
        worst = (0.0, "")
        for onednn in (True, False):
            with torch.backends.mkldnn.flags(enabled=onednn):
                found = self.results(seed, torch.float32)
            worst = max(worst, *((torch_nets.error(found[k], exact[k]), k) for k in exact))
        return worst


def recorded(exact):
    """What the file holds: large gradients as projections, everything in float32."""
    tensors = {}
    for name, value in exact.items():
        if name.startswith("grad.") and value.size > formula.LARGEST_WHOLE_GRADIENT:
            name, value = name.replace("grad.", "grad_projections.", 1), formula.project(value)
        tensors[name] = value.astype("float32")
    return tensors


def make(case):
    """Finds a seed, writes the file, and says how well float32 does."""
    seed, margin = case.seed()
    exact = case.results(seed)
    worst, where = case.float32_errors(seed)
    path = HERE / f"{case.name}.safetensors"
    metadata = {
        "seed": str(seed),
        "batch": str(case.batch),
        "classes": str(case.classes),
        "scaled_norm": case.scaled_norm,
        "tolerance": "relative L2 error of each tensor at most 1e-4, or L2 difference at most 1e-7",
        "margin": f"{margin:.1e}",
        "float32_error": f"{worst:.1e} ({where})",
    }
    save_file(recorded(exact), path, metadata)
    path.chmod(0o644)
    smallest = min(float((v**2).mean() ** 0.5) for k, v in exact.items() if k.startswith("grad."))
    print(
        f"{case.name:22} seed {seed:3} margin {margin:.1e} float32 error {worst:.1e} ({where})"
        f" smallest gradient rms {smallest:.1e}, {path.stat().st_size} bytes"
    )
    return worst <= FLOAT32_ERROR


def check(case):
    """Compares a file with float64 results of today, and these with float32."""
    with safe_open(HERE / f"{case.name}.safetensors", "numpy") as file:
        seed = int(file.metadata()["seed"])
        found = {k: file.get_tensor(k) for k in file.keys()}
    exact = case.results(seed)
    expected = recorded(exact)
    same = found.keys() == expected.keys() and all(
        torch_nets.error(found[k], expected[k]) <= 1e-6 for k in expected
    )
    worst, where = case.float32_errors(seed)
    print(f"{case.name:22} {'same' if same else 'DIFFERS'}, float32 error {worst:.1e} ({where})")
    return same and worst <= FLOAT32_ERROR


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    names = arguments.names or sorted(path.stem for path in (HERE / "specs").glob("*.yaml"))
    action = check if arguments.check else make
    return 0 if all([action(Case(name)) for name in names]) else 1


if __name__ == "__main__":
    sys.exit(main())

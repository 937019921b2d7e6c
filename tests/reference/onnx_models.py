"""Checks ONNX both ways.

    python onnx_models.py export RESNET FOLDER MODEL...
    python onnx_models.py import RESNET MODEL...
    python onnx_models.py fixtures

`export`: for each model of specs/, whose binary is in FOLDER, RESNET (the tool)
writes ONNX of random weights, plain and folded; `onnx.checker` accepts it, and ONNX
Runtime gives the logits of the binary. `import`: PyTorch's exporter (both of them)
writes ONNX of torchvision's and timm's models, RESNET imports and builds it, and the
binary gives PyTorch's logits. Exit code 1 above a relative error of 1e-5 (exports,
where ONNX Runtime's own error counts) or 1e-4 (imports). `fixtures` makes onnx/: tiny
models of PyTorch's exporters, and one that can't be imported, for the tool's tests.

Needs torch, torchvision, timm, onnx and onnxruntime.
"""

import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import onnx
import onnxruntime
import torch
from safetensors.torch import load_file, save_file
from timm.layers import BlurPool2d
from torch import nn

import full

HERE = pathlib.Path(__file__).resolve().parent
SPECS = HERE.parent.parent / "specs"


def run(*arguments):
    subprocess.run(arguments, check=True, stdout=subprocess.DEVNULL)


def error(found, expected):
    return float(np.linalg.norm(found - expected) / np.linalg.norm(expected))


def net_of(model):
    net, size, _ = full.build(model)
    full.initialise(net, torch.Generator().manual_seed(7))
    return net.eval(), size


def exports(tool, binaries, models):
    good = True
    for model in models:
        net, size = net_of(model)
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            w, x, y, o = (folder / name for name in ("w.safetensors", "x", "y", "m.onnx"))
            save_file(net.state_dict(), w)
            images = torch.randn(2, 3, size, size, generator=torch.Generator().manual_seed(1))
            save_file({"x": images}, x)
            run(binaries / model, "run", "--weights", w, "--input", x, "--output", y)
            ours = load_file(y)["logits"].numpy()
            for fold in ([], ["--fold"]):
                run(tool, "graph", SPECS / f"{model}.yaml", "--weights", w, "-o", o, *fold)
                loaded = onnx.load(o)
                onnx.checker.check_model(loaded, full_check=True)
                session = onnxruntime.InferenceSession(o, providers=["CPUExecutionProvider"])
                theirs = session.run(["logits"], {"input": images.numpy()})[0]
                with torch.no_grad():
                    expected = net(images).numpy()
                off, torch_off = error(theirs, ours), error(theirs, expected)
                good &= torch_off < 1e-5 and off < 1e-4
                print(f"{model:20} {'folded' if fold else 'plain':7} {len(loaded.graph.node):4} nodes  "
                      f"ONNX Runtime differs from PyTorch by {torch_off:.1e}, from the binary by {off:.1e}",
                      flush=True)
    return good


def imports(tool, models):
    good = True
    for model in models:
        net, size = net_of(model)
        images = torch.randn(2, 3, size, size, generator=torch.Generator().manual_seed(1))
        with torch.no_grad():
            expected = net(images).numpy()
        for dynamo in (False, True):
            with tempfile.TemporaryDirectory() as folder:
                folder = pathlib.Path(folder)
                o, spec, w, binary, x, y = (folder / name for name in (
                    "m.onnx", "m.yaml", "m.safetensors", "m", "x", "y"))
                torch.onnx.export(net, (images[:1],), o, dynamo=dynamo, external_data=False, verbose=False,
                                  **({} if dynamo else {"opset_version": 13}))
                run(tool, "import", o, "-o", spec, "--weights", w)
                run(tool, "build", spec, "-o", binary, "--offline")
                save_file({"x": images}, x)
                run(binary, "run", "--weights", w, "--input", x, "--output", y)
                off = error(load_file(y)["logits"].numpy(), expected)
            good &= off < 1e-4
            print(f"{model:20} {'dynamo' if dynamo else 'opset 13':8} logits off by {off:.1e}", flush=True)
    return good


class Tiny(nn.Module):
    """A block with a projection and one with squeeze-and-excitation."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 4, 3, stride=2, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(4)
        self.pool = nn.MaxPool2d(3, 2, 1)
        self.conv2 = nn.Conv2d(4, 6, 3, padding=1, groups=2)
        self.down = nn.Conv2d(4, 6, 1)
        self.se1 = nn.Conv2d(6, 2, 1)
        self.se2 = nn.Conv2d(2, 6, 1)
        self.fc = nn.Linear(6, 5)

    def forward(self, x):
        x = self.pool(nn.functional.silu(self.bn1(self.conv1(x))))
        x = torch.relu(self.conv2(x) + self.down(x))
        gate = torch.sigmoid(self.se2(torch.relu(self.se1(x.mean((2, 3), keepdim=True)))))
        x = torch.nn.functional.adaptive_avg_pool2d(x * gate, 1)
        return self.fc(torch.flatten(x, 1))


class Shortcuts(nn.Module):
    """Option A as people write it, GELU and a blur pool."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 6, 3, stride=2, padding=1)
        self.conv2 = nn.Conv2d(6, 12, 3, padding=1)
        self.conv3 = nn.Conv2d(12, 16, 3, padding=1)
        self.blur = BlurPool2d(16, 3, 2)
        self.fc = nn.Linear(16, 5)

    def forward(self, x):
        pad, gelu = nn.functional.pad, nn.functional.gelu
        x = gelu(self.conv1(x) + pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 0, 3)))
        x = gelu(self.conv2(x) + torch.cat([x, x.mul(0)], 1))
        x = torch.relu(self.conv3(x) + pad(x, (0, 0, 0, 0, 2, 2)))
        return self.fc(torch.flatten(nn.functional.adaptive_avg_pool2d(self.blur(x), 1), 1))


def fixtures():
    folder = HERE / "onnx"
    folder.mkdir(exist_ok=True)
    torch.manual_seed(5)
    net = Tiny()
    full.initialise(net, torch.Generator().manual_seed(3))
    net.eval()
    x = torch.randn(1, 3, 16, 16)
    torch.onnx.export(net, (x,), folder / "opset13.onnx", dynamo=False, opset_version=13)
    torch.onnx.export(net, (x,), folder / "training.onnx", dynamo=False, opset_version=17,
                      training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False)
    torch.onnx.export(net, (x,), folder / "dynamo.onnx", dynamo=True, external_data=False, verbose=False)

    torch.manual_seed(6)
    shortcuts = Shortcuts().eval()
    torch.onnx.export(shortcuts, (x,), folder / "shortcuts.onnx", dynamo=False, opset_version=13)
    torch.onnx.export(shortcuts, (x,), folder / "shortcuts_dynamo.onnx", dynamo=True, external_data=False,
                      verbose=False)

    class Odd(nn.Module):
        def forward(self, x):
            return torch.flatten(torch.softmax(nn.functional.pixel_shuffle(x.clamp(0, 6), 2), 1), 1)

    torch.onnx.export(Odd(), (torch.randn(1, 4, 4, 4),), folder / "unknown.onnx", dynamo=False, opset_version=17)
    with torch.no_grad():
        logits = net(x)
    save_file({"x": x, "logits": logits}, folder / "expected.safetensors")
    for path in folder.iterdir():
        path.chmod(0o644)


if __name__ == "__main__":
    command, rest = sys.argv[1], sys.argv[2:]
    if command == "fixtures":
        fixtures()
    elif command == "export":
        sys.exit(not exports(pathlib.Path(rest[0]).resolve(), pathlib.Path(rest[1]), rest[2:]))
    else:
        sys.exit(not imports(pathlib.Path(rest[0]).resolve(), rest[1:]))

"""Shows that state dicts go both ways between PyTorch and the binaries.

    python interop.py FOLDER MODEL...

FOLDER holds binaries named after the models: resnet18 and so on of torchvision,
resnet50d and so on of timm. For each: PyTorch's random weights go to a `.pth`
file (half of them in half of the models in `module.` form, within a training
script's dict); the binary runs on it and gives the same logits; `convert` writes
safetensors of it, which `load_state_dict(strict=True)` takes, equal to the bit,
and which give PyTorch the same logits. Exit code 1 if not.
"""

import pathlib
import subprocess
import sys
import tempfile

import torch
from safetensors.torch import load_file, save_file

import full


def check(binary, model, index, folder):
    net, size, _ = full.build(model)
    full.initialise(net, torch.Generator().manual_seed(7))
    net.eval()
    pth, converted, x, y = (folder / name for name in ("w.pth", "w.safetensors", "x", "y"))
    state = net.state_dict()
    wrapped = {"epoch": 3, "state_dict": {"module." + name: value for name, value in state.items()}}
    torch.save(wrapped if index % 2 else state, pth, _use_new_zipfile_serialization=index % 3 != 2)
    images = torch.randn(2, 3, size, size, generator=torch.Generator().manual_seed(1))
    save_file({"x": images}, x)
    run = lambda *arguments: subprocess.run([binary, *arguments], check=True, stdout=subprocess.DEVNULL)
    run("run", "--weights", pth, "--input", x, "--output", y)
    with torch.no_grad():
        expected = net(images)
    error = lambda found: float((found - expected).norm() / expected.norm())
    there = error(load_file(y)["logits"])

    run("convert", pth, converted)
    again, _, _ = full.build(model)
    again.load_state_dict(load_file(converted), strict=True)
    equal = all(torch.equal(value, state[name]) for name, value in again.state_dict().items())
    with torch.no_grad():
        back = error(again.eval()(images))
    good = there < 1e-4 and back == 0 and equal
    print(f"{model:20} {len(state):4} tensors  logits off by {there:.1e}  "
          f"back: strict, {'equal' if equal else 'DIFFERENT'}, logits off by {back:.1e}"
          f"{'' if good else '   FAILED'}", flush=True)
    return good


def main():
    binaries, models = pathlib.Path(sys.argv[1]), sys.argv[2:]
    with tempfile.TemporaryDirectory() as folder:
        results = [check(binaries / model, model, index, pathlib.Path(folder))
                   for index, model in enumerate(models)]
    sys.exit(not all(results))


if __name__ == "__main__":
    main()

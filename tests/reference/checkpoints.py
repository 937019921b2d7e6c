"""Makes checkpoints/: PyTorch files of every kind that is read or refused, and
what is in them, in checkpoints/expected.safetensors.

Needs torch and torchvision.
"""

import io
import os
import pathlib
import pickle
import zipfile
from collections import OrderedDict

import torch
from safetensors.torch import save_file
from torch import nn

HERE = pathlib.Path(__file__).resolve().parent / "checkpoints"


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(2, 3, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(3)
        self.fc = nn.Linear(3, 2)


class Hostile:
    def __reduce__(self):
        return os.system, ("echo this must never run > /tmp/never",)


def pickled(file, value):
    """A checkpoint with this pickle and no tensors."""
    with zipfile.ZipFile(HERE / file, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("archive/data.pkl", value)
        archive.writestr("archive/version", "3\n")


def main():
    HERE.mkdir(exist_ok=True)
    for path in HERE.iterdir():
        path.unlink()
    torch.manual_seed(3)
    net = Net()
    state = net.state_dict()
    save = lambda value, name, **options: torch.save(value, HERE / name, **options)
    save(state, "plain.pth")
    save(state, "legacy.pth", _use_new_zipfile_serialization=False)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    sum(p.sum() for p in net.parameters()).backward()
    optimizer.step()
    state = net.state_dict()
    save({"epoch": 7, "best": 0.5, "arch": "net", "done": True, "history": [1, 2.5, None],
          "optimizer": optimizer.state_dict(), "state_dict": state}, "nested.pth")
    save({"model": {"module." + name: value for name, value in state.items()}}, "parallel.pt")
    save(OrderedDict(net.named_parameters()), "parameters.pth")
    save({name: value.half() if value.is_floating_point() else value for name, value in state.items()},
         "half.pth")
    save({name: value.bfloat16() if value.is_floating_point() else value for name, value in state.items()},
         "bfloat16.pth")
    save({name: value.double() if value.is_floating_point() else value for name, value in state.items()},
         "double.pth", pickle_protocol=4)
    wide = torch.arange(24.0).reshape(4, 6)
    save({"transposed": wide.t(), "column": wide[:, 2], "part": wide[1:3, 2:5], "scalar": wide[3, 5],
          "empty": wide[:0]}, "views.pth")
    # What the network of the command line's own tests takes.
    fake = {"bn1.running_mean": torch.zeros(1), "bn1.running_var": torch.ones(1),
            "bn1.num_batches_tracked": torch.tensor(9), "fc.weight": torch.arange(16.0).reshape(4, 4) / 7,
            "fc.bias": torch.tensor([0.5, 0.25, -1.0, 2.0])}
    save({"state_dict": {"module." + name: value for name, value in fake.items()}}, "fake.pth")
    save({**fake, "bn1.running_var": -torch.ones(1)}, "negative.pth")
    torch.save(net, HERE / "whole_model.pth")
    torch.save({"state_dict": state, "then": Hostile()}, HERE / "hostile.pth")
    pickled("hostile_protocol0.pth", b"cos\nsystem\n(S'echo never'\ntR.")
    builtin = pickle.dumps({"a": getattr}, protocol=2)
    pickled("builtin.pth", builtin)
    pickled("empty_dict.pth", pickle.dumps({}, protocol=2))
    pickled("no_tensors.pth", pickle.dumps({"epoch": 1, "arch": "net"}, protocol=2))
    with zipfile.ZipFile(HERE / "compressed.pth", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", builtin * 20)
    with zipfile.ZipFile(HERE / "other.zip", "w") as archive:
        archive.writestr("readme.txt", "no checkpoint")

    expected = {}
    for name in ("plain.pth", "legacy.pth", "nested.pth", "parallel.pt", "parameters.pth", "half.pth",
                 "bfloat16.pth", "double.pth", "views.pth"):
        loaded = torch.load(HERE / name, weights_only=False)
        loaded = loaded.get("state_dict", loaded.get("model", loaded))
        for key, value in loaded.items():
            expected[f"{name}/{key}"] = value.detach().contiguous().clone()
    save_file(expected, HERE / "expected.safetensors")


if __name__ == "__main__":
    main()

"""Makes grad_cam.safetensors: Grad-CAM of some networks in specs/, in float64.

For each network and each image of its fixture, explained is the class of the
image's label: NAME.gradient is the gradient of its logit by the last map (the
last output of a module that has more than one pixel), NAME.cam that map
weighed by the mean gradients of its channels, above zero. Evaluation mode.
"""

import pathlib
import sys

import torch
from safetensors import safe_open
from safetensors.numpy import save_file

import make
import torch_nets

HERE = pathlib.Path(__file__).resolve().parent
NETWORKS = (
    "basic_projection", "bottleneck_identity", "key_drop_path", "key_dropout", "layers_dense",
    "layers_gate", "layers_head", "timm_antialias", "timm_preact", "timm_se", "wide_average",
)  # fmt: skip


def last_map(net, x):
    """The logits, and the last map that led to them."""
    maps = []

    def keep(module, inputs, output):
        if output.dim() == 4 and output.shape[2] * output.shape[3] > 1:
            maps.append(output)

    leaves = [m for m in net.modules() if not list(m.children())]
    hooks = [m.register_forward_hook(keep) for m in leaves]
    logits = torch_nets.outputs(net(x))["logits"]
    for hook in hooks:
        hook.remove()
    return logits, maps[-1]


def explain(name):
    with safe_open(HERE / f"{name}.safetensors", "numpy") as file:
        seed = int(file.metadata()["seed"])
    case = make.Case(name)
    weights, x, labels = case.inputs(seed)
    state = {k: torch.as_tensor(v) for k, v in weights.items()}
    case.net.load_state_dict(state, strict=False)
    net = case.net.double().eval()
    logits, features = last_map(net, torch.as_tensor(x).double())
    chosen = logits.gather(1, torch.as_tensor(labels).long().reshape(-1, 1))
    (gradient,) = torch.autograd.grad(chosen.sum(), features)
    cam = (features * gradient.mean((2, 3), keepdim=True)).sum(1).relu()
    found = {"gradient": gradient, "cam": cam}
    return {f"{name}.{k}": v.detach().numpy().astype("float32") for k, v in found.items()}


def main():
    torch.set_num_threads(1)
    tensors = {}
    for name in NETWORKS:
        tensors |= explain(name)
        print(name, *tensors[f"{name}.gradient"].shape)
    save_file(tensors, HERE / "grad_cam.safetensors")
    return 0


if __name__ == "__main__":
    sys.exit(main())

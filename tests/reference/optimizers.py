"""Steps of PyTorch's optimisers (LARS: timm's) in float64: optimizers.safetensors.

    python optimizers.py

A convolution's weight and a bias, the latter without weight decay and L1, go
through five steps along recorded gradients.
"""

from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save_file
from timm.optim.lars import Lars

STEPS = 5
WEIGHT, BIAS = [19, 5, 3, 1], [19]

# Name: optimiser, options, options of the weight alone, L1, longest gradient.
SGD, ADAMW = torch.optim.SGD, torch.optim.AdamW
CASES = {
    "sgd": (SGD, dict(lr=0.1), dict(weight_decay=0.0), 0.0, None),
    "sgd_momentum": (SGD, dict(lr=0.1, momentum=0.9), dict(weight_decay=1e-2), 0.0, None),
    "sgd_nesterov": (SGD, dict(lr=0.1, momentum=0.9, nesterov=True), dict(weight_decay=1e-2), 0.0, None),
    "sgd_l1": (SGD, dict(lr=0.1, momentum=0.9), dict(weight_decay=1e-2), 5e-2, None),
    "sgd_clipped": (SGD, dict(lr=0.1, momentum=0.9), dict(weight_decay=1e-2), 0.0, 3.0),
    "adamw": (ADAMW, dict(), dict(weight_decay=1e-2), 0.0, None),
    "adamw_other": (ADAMW, dict(lr=0.02, betas=(0.8, 0.95), eps=1e-3), dict(weight_decay=0.1), 0.0, None),
    "lars": (Lars, dict(lr=1.0, momentum=0.9), dict(weight_decay=1e-2), 0.0, None),
    "lars_nesterov": (Lars, dict(lr=2.0, momentum=0.8, nesterov=True, trust_coeff=0.01), dict(weight_decay=0.1), 0.0, None),
}


def run(start, gradients, kind, options, of_weight, l1, longest):
    """Parameters and state after all steps, and the average by decay 0.9."""
    weight, bias = (torch.tensor(values, dtype=torch.float64, requires_grad=True) for values in start)
    groups = [{"params": [weight], **of_weight}, {"params": [bias], "weight_decay": 0.0}]
    optimizer = kind(groups, **options)
    average = weight.detach().clone()
    for of_step in gradients:
        weight.grad, bias.grad = (torch.tensor(values, dtype=torch.float64) for values in of_step)
        if longest is not None:
            torch.nn.utils.clip_grad_norm_([weight, bias], longest)
        with torch.no_grad():
            weight.grad += l1 * weight.sign()
        optimizer.step()
        average = 0.9 * average + 0.1 * weight.detach()
    results = {"weight": weight, "bias": bias, "average": average}
    for slot, key in [("momentum_buffer", "first"), ("exp_avg", "first"), ("exp_avg_sq", "second")]:
        if optimizer.state[weight].get(slot) is not None:
            results[f"{key}.weight"] = optimizer.state[weight][slot]
            results[f"{key}.bias"] = optimizer.state[bias][slot]
    return results


def main():
    random = np.random.default_rng(1)
    draw = lambda shape: random.uniform(-1, 1, shape).astype(np.float32)
    start = [draw(WEIGHT), draw(BIAS)]
    gradients = [[draw(WEIGHT) * 0.5, draw(BIAS)] for _ in range(STEPS)]
    tensors = {"start.weight": start[0], "start.bias": start[1]}
    for step, (weight, bias) in enumerate(gradients):
        tensors |= {f"gradient.{step}.weight": weight, f"gradient.{step}.bias": bias}
    for name, case in CASES.items():
        for key, values in run(start, gradients, *case).items():
            tensors[f"{name}.{key}"] = values.detach().numpy().astype(np.float32)
    save_file(tensors, Path(__file__).with_name("optimizers.safetensors"))


if __name__ == "__main__":
    main()

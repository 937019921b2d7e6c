"""Peak memory of a network's training steps beside PyTorch's.

    python training_memory.py BINARY MODEL [--batch 8] [--threads 2]

MODEL and BINARY as for `full.py`. Each side takes a few steps (forward, backward, SGD
with momentum) in a process of its own, whose peak resident memory the system tells.
PyTorch runs as it is and channels-last; the memory that it has before the network is
made, by its libraries, stands beside. Prints one line of JSON, in MiB.
"""

import argparse
import json
import os
import subprocess
import sys

STEPS = 3


def peak_mib(command):
    """The peak resident memory of a command, and what it prints."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    printed = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{' '.join(command)} failed")
    return round(usage.ru_maxrss / 1024), printed


def resident_mib():
    """The resident memory of this process."""
    pages = int(open("/proc/self/statm").read().split()[1])
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 2**20)


def train(model, batch, threads, layout):
    """Steps of PyTorch; prints the memory before them."""
    import torch
    import torch.nn.functional as F

    from full import build

    torch.set_num_threads(threads)
    torch.zeros(1).requires_grad_()
    print(resident_mib())
    format = getattr(torch, layout)
    network, size, classes = build(model)
    network = network.train().to(memory_format=format)
    sgd = torch.optim.SGD(network.parameters(), lr=1e-3, momentum=0.9, weight_decay=1e-4)
    images = torch.randn(batch, 3, size, size).contiguous(memory_format=format)
    labels = torch.arange(batch) % classes
    for _ in range(STEPS):
        sgd.zero_grad(set_to_none=True)
        logits = network(images)
        logits = logits["logits"] if isinstance(logits, dict) else logits
        F.cross_entropy(logits, labels).backward()
        sgd.step()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("binary")
    parser.add_argument("model")
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--layout", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.layout:
        train(args.model, args.batch, args.threads, args.layout)
        return

    sizes = ["--batch", str(args.batch), "--threads", str(args.threads)]
    bench = [args.binary, "bench", "--train", *sizes, "--seconds", "0.1", "--json"]
    found = {"model": args.model, "batch": args.batch, "ours": peak_mib(bench)[0]}
    for layout in ["contiguous_format", "channels_last"]:
        script = [sys.executable, __file__, args.binary, args.model, *sizes, "--layout", layout]
        found[layout], printed = peak_mib(script)
        found[f"{layout}_before"] = int(printed)
    print(json.dumps(found))


if __name__ == "__main__":
    main()

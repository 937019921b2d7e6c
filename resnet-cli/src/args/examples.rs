//! Examples of every command, shown with its help.

/// Examples of each command, the one for the overview first. Help lists the
/// commands in this order.
pub(super) const EXAMPLES: [(&str, &[&str]); 12] = [
    ("info", &["info", "info --json"]),
    (
        "bench",
        &[
            "bench --batch 8",
            "bench --layers --profile trace.json",
            "bench --batch 32 --train --threads 4 --json",
        ],
    ),
    (
        "predict",
        &[
            "predict --weights w.safetensors cat.jpg",
            "predict -w w.safetensors photos/ --topk 3 --sheet photos.html",
            "predict -w w.safetensors cat.jpg --explain maps/",
            "predict -w w.safetensors - --csv < list.txt",
        ],
    ),
    (
        "embed",
        &[
            "embed --weights w.safetensors photos/ -o features.npy",
            "embed -w w.safetensors photos/ -o features.safetensors --feature embedding",
        ],
    ),
    (
        "preprocess",
        &["preprocess cat.jpg dog.jpg -o x.safetensors"],
    ),
    (
        "run",
        &[
            "run --weights w.safetensors --input x.safetensors --output y.safetensors",
            "run --weights w.safetensors --input x.safetensors --output y.safetensors --grad",
        ],
    ),
    (
        "train",
        &[
            "train --data data/digits --epochs 20",
            "train --data data/digits --batch-size 64 --lr 0.05 --seed 1 --output runs/first",
            "train --data data/digits --weights runs/first/best.safetensors --lr 0.01",
            "train --data data/digits --weights other.safetensors --new-head",
            "train --data data/digits --rotate 10 --shift 0.1 --zoom 0.1",
            "train --data cifar-10-batches-bin --crop-padding 4 --hflip 0.5 --reprob 0.25",
            "train --data photos --scale 0.08,1 --hflip 0.5 --aa rand-m9-n2 --color-jitter 0.4",
            "train --data data/digits --opt adamw --lr 0.003 --smoothing 0.1 --mixup 0.2",
            "train --recipe runs/first/args.yaml --seed 2",
        ],
    ),
    (
        "eval",
        &[
            "eval --data data/digits --weights runs/first/best.safetensors",
            "eval --data data/digits --weights runs/first/best.safetensors --json",
            "eval --data data/digits --weights runs/first/best.safetensors --confusion matrix.svg",
        ],
    ),
    (
        "convert",
        &[
            "convert weights.pth weights.safetensors",
            "convert weights.safetensors small.safetensors --dtype f16",
        ],
    ),
    (
        "pack",
        &[
            "pack --weights w.safetensors -o w.packed",
            "pack -w weights.pth -o w.packed --algorithm direct",
        ],
    ),
    (
        "completions",
        &[
            "completions bash > ~/.local/share/bash-completion/completions/NAME",
            "completions zsh > ~/.zfunc/_NAME",
        ],
    ),
    ("man", &["man | man -l -", "man predict | man -l -"]),
];

//! What layers are called: as in torchvision, or as in timm's `ResNetV2`.

/// Whose names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Names {
    /// torchvision's `ResNet`, with timm's for what is timm's alone.
    Torchvision,
    /// timm's `ResNetV2`, of networks with pre-activation.
    ResNetV2,
}

/// What the layers of a projection are called.
pub(super) struct Projection {
    pub(super) pool: String,
    pub(super) conv: String,
    pub(super) norm: String,
}

impl Names {
    /// The stage at position `s`, and what its blocks' names begin with.
    pub(super) fn stage(self, s: usize) -> (String, String) {
        match self {
            Self::Torchvision => (format!("layer{}", s + 1), format!("layer{}.", s + 1)),
            Self::ResNetV2 => (format!("stages.{s}"), format!("stages.{s}.blocks.")),
        }
    }

    /// A norm.
    pub(super) fn norm(self) -> &'static str {
        match self {
            Self::Torchvision => "bn",
            Self::ResNetV2 => "norm",
        }
    }

    /// The projection of a block, with a pool before it or without.
    pub(super) fn projection(self, block: &str, pooled: bool) -> Projection {
        let names = match (self, pooled) {
            (Self::Torchvision, true) => ["0", "1", "2"],
            // There is no pool to name.
            (Self::Torchvision, false) => ["", "0", "1"],
            (Self::ResNetV2, _) => ["pool", "conv", "norm"],
        };
        let [pool, conv, norm] = names.map(|name| format!("{block}.downsample.{name}"));
        Projection { pool, conv, norm }
    }

    /// Convolution, norm and what the activation's name begins and ends with, for each of a
    /// stem's convolutions.
    pub(super) fn stem(self, convs: usize) -> Vec<[String; 4]> {
        let of = |names: [&str; 4]| names.map(str::to_owned);
        match (self, convs) {
            (Self::Torchvision, 1) => vec![of(["conv1", "bn1", "", ""])],
            (Self::Torchvision, _) => vec![
                of(["conv1.0", "conv1.1", "conv1.", "2"]),
                of(["conv1.3", "conv1.4", "conv1.", "5"]),
                of(["conv1.6", "bn1", "", ""]),
            ],
            (Self::ResNetV2, 1) => vec![of(["stem.conv", "stem.norm", "stem.", ""])],
            (Self::ResNetV2, _) => (1..=convs)
                .map(|n| {
                    let n = n.to_string();
                    [
                        format!("stem.conv{n}"),
                        format!("stem.norm{n}"),
                        "stem.".to_owned(),
                        n,
                    ]
                })
                .collect(),
        }
    }

    /// The stem's pool.
    pub(super) fn stem_pool(self) -> &'static str {
        match self {
            Self::Torchvision => "maxpool",
            Self::ResNetV2 => "stem.pool",
        }
    }

    /// Pool, dropout and last layer of the head.
    pub(super) fn head(self) -> [&'static str; 3] {
        match self {
            Self::Torchvision => ["avgpool", "dropout", "fc"],
            Self::ResNetV2 => ["head.global_pool", "head.drop", "head.fc"],
        }
    }
}

//! The commands of `digits.yaml`; without one, the demonstration: trains on the
//! digits in the repository, and classifies a few that it has not seen.

use resnet_cli::Demo;

const DEMO: Demo = Demo {
    data: concat!(env!("CARGO_MANIFEST_DIR"), "/data/digits"),
    epochs: 20,
    batch_size: 32,
    lr: 0.1,
};

resnet_cli::binary!("specs/digits.yaml", demo = DEMO);

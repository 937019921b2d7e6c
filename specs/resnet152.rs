//! The commands of `resnet152.yaml`; see `--help`.

resnet_cli::binary!("specs/resnet152.yaml");

//! The commands of `resnet101.yaml`; see `--help`.

resnet_cli::binary!("specs/resnet101.yaml");

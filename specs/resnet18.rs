//! The commands of `resnet18.yaml`; see `--help`.

resnet_cli::binary!("specs/resnet18.yaml");

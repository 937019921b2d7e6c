//! The commands of `resnet50.yaml`; see `--help`.

resnet_cli::binary!("specs/resnet50.yaml");

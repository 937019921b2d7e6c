//! The commands of `resnet34.yaml`; see `--help`.

resnet_cli::binary!("specs/resnet34.yaml");

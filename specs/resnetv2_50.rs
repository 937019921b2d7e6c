//! The commands of `resnetv2_50.yaml`; see `--help`.

resnet_cli::binary!("specs/resnetv2_50.yaml");

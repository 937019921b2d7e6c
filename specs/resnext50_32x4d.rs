//! The commands of `resnext50_32x4d.yaml`; see `--help`.

resnet_cli::binary!("specs/resnext50_32x4d.yaml");

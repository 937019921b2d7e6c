//! The commands of `wide_resnet50_2.yaml`; see `--help`.

resnet_cli::binary!("specs/wide_resnet50_2.yaml");

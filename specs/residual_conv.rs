//! The commands of `residual_conv.yaml`; see `--help`.

resnet_cli::binary!("specs/residual_conv.yaml");

//! The commands of `plain_conv.yaml`; see `--help`.

resnet_cli::binary!("specs/plain_conv.yaml");

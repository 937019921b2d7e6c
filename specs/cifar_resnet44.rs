//! The commands of `cifar_resnet44.yaml`; see `--help`.

resnet_cli::binary!("specs/cifar_resnet44.yaml");

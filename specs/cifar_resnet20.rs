//! The commands of `cifar_resnet20.yaml`; see `--help`.

resnet_cli::binary!("specs/cifar_resnet20.yaml");

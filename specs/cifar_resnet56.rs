//! The commands of `cifar_resnet56.yaml`; see `--help`.

resnet_cli::binary!("specs/cifar_resnet56.yaml");

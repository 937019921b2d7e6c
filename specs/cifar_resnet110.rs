//! The commands of `cifar_resnet110.yaml`; see `--help`.

resnet_cli::binary!("specs/cifar_resnet110.yaml");

//! The commands of `cifar_resnet32.yaml`; see `--help`.

resnet_cli::binary!("specs/cifar_resnet32.yaml");

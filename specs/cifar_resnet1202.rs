//! The commands of `cifar_resnet1202.yaml`; see `--help`.

resnet_cli::binary!("specs/cifar_resnet1202.yaml");

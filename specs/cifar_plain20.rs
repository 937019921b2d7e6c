//! The commands of `cifar_plain20.yaml`; see `--help`.

resnet_cli::binary!("specs/cifar_plain20.yaml");

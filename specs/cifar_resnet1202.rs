//! The commands of `cifar_resnet1202.yaml`; see `--help`.

resnet_runtime::resnet!("specs/cifar_resnet1202.yaml");

fn main() -> std::process::ExitCode {
    resnet_cli::main(&cifar_resnet1202::Network)
}

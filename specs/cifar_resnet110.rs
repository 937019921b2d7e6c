//! The commands of `cifar_resnet110.yaml`; see `--help`.

resnet_runtime::resnet!("specs/cifar_resnet110.yaml");

fn main() -> std::process::ExitCode {
    resnet_cli::main(&cifar_resnet110::Network)
}

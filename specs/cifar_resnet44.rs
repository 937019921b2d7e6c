//! The commands of `cifar_resnet44.yaml`; see `--help`.

resnet_runtime::resnet!("specs/cifar_resnet44.yaml");

fn main() -> std::process::ExitCode {
    resnet_cli::main(&cifar_resnet44::Network)
}

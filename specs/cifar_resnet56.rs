//! The commands of `cifar_resnet56.yaml`; see `--help`.

resnet_runtime::resnet!("specs/cifar_resnet56.yaml");

fn main() -> std::process::ExitCode {
    resnet_cli::main(&cifar_resnet56::Network)
}

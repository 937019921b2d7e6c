//! The commands of `cifar_resnet20.yaml`; see `--help`.

resnet_runtime::resnet!("specs/cifar_resnet20.yaml");

fn main() -> std::process::ExitCode {
    resnet_cli::main(&cifar_resnet20::Network)
}

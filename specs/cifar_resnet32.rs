//! The commands of `cifar_resnet32.yaml`; see `--help`.

resnet_runtime::resnet!("specs/cifar_resnet32.yaml");

fn main() -> std::process::ExitCode {
    resnet_cli::main(&cifar_resnet32::Network)
}

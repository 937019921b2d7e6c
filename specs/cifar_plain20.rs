//! The commands of `cifar_plain20.yaml`; see `--help`.

resnet_runtime::resnet!("specs/cifar_plain20.yaml");

fn main() -> std::process::ExitCode {
    resnet_cli::main(&cifar_plain20::Network)
}

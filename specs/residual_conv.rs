//! The commands of `residual_conv.yaml`; see `--help`.

resnet_runtime::resnet!("specs/residual_conv.yaml");

fn main() -> std::process::ExitCode {
    resnet_cli::main(&residual_conv::Network)
}

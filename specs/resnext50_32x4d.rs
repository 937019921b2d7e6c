//! The commands of `resnext50_32x4d.yaml`; see `--help`.

resnet_runtime::resnet!("specs/resnext50_32x4d.yaml");

fn main() -> std::process::ExitCode {
    resnet_cli::main(&resnext50_32x4d::Network)
}

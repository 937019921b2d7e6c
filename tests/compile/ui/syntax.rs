resnet_runtime::resnet!("syntax.yaml");

fn main() {}

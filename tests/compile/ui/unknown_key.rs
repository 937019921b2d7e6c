resnet_runtime::resnet!("unknown_key.yaml");

fn main() {}

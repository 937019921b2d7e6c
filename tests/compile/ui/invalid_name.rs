resnet_runtime::resnet!("invalid_name.yaml");

fn main() {}

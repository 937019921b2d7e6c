resnet_runtime::resnet!("empty.yaml");

fn main() {}

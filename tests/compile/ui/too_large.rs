resnet_runtime::resnet!("too_large.yaml");

fn main() {}

resnet_runtime::resnet!("not_whole.yaml");

fn main() {}

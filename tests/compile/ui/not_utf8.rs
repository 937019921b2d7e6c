resnet_runtime::resnet!("not_utf8.yaml");

fn main() {}

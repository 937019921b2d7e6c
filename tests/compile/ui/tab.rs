resnet_runtime::resnet!("tab.yaml");

fn main() {}

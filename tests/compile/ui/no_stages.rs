resnet_runtime::resnet!("no_stages.yaml");

fn main() {}

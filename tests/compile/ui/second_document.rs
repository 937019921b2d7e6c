resnet_runtime::resnet!("second_document.yaml");

fn main() {}

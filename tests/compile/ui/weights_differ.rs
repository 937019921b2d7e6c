resnet_runtime::resnet!("../pass/tiny.yaml", weights = "../weights/digits.safetensors");

fn main() {}

resnet_runtime::resnet!("../pass/tiny.yaml", weights = "../pass/tiny.yaml");
resnet_runtime::resnet!("../pass/tiny.yaml", weights = "nowhere.safetensors");

fn main() {}

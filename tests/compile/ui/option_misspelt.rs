resnet_runtime::resnet!("../pass/tiny.yaml", frezze = ["layer1"], max_batch = 8, weight = 3);

fn main() {}

resnet_runtime::resnet!("../pass/tiny.yaml", tuning = "wrong.tuning.yaml");
resnet_runtime::resnet!("../pass/tiny.yaml", algorithm = direct, tuning = "wrong.tuning.yaml");

fn main() {}

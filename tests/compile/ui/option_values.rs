resnet_runtime::resnet!(
    "../pass/tiny.yaml",
    max_batch = "8",
    training = no,
    weights = 3,
    freeze = "layer1",
    algorithm = fast,
    element = "f32",
);
resnet_runtime::resnet!("../pass/tiny.yaml", max_batch = 0);
resnet_runtime::resnet!("../pass/tiny.yaml", training);

fn main() {}

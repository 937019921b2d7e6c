resnet_runtime::resnet!("../pass/tiny.yaml", training = false);

type Trained = tiny::Trainer;

fn main() {}

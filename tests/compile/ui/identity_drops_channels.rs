resnet_runtime::resnet!("identity_drops_channels.yaml");

fn main() {}

renamed_runtime::resnet!("tiny.yaml", crate = ::renamed_runtime);

fn main() {
    use renamed_runtime::Network as _;
    assert_eq!(tiny::Network::INFO.name, "tiny");
}

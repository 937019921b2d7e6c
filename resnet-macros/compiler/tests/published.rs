//! Parameters and multiply-adds against the published tables.

use resnet_compiler::emit::Network;
use resnet_compiler::{analyse, source::Source};

fn network(name: &str) -> Network {
    let path = format!("{}/../../specs/{name}.yaml", env!("CARGO_MANIFEST_DIR"));
    analyse(&Source::read(path.as_ref(), name).unwrap()).unwrap()
}

fn counts(name: &str) -> (u64, u64) {
    let network = network(name);
    let graph = &network.inference.graph;
    let trainable = graph.parameters().iter().filter(|p| !p.role.is_running());
    let parameters = trainable.map(|p| p.len() as u64).sum();
    let nodes = graph.indices();
    let macs = nodes
        .iter()
        .map(|&i| graph.node(i))
        .filter(|n| !n.outputs.is_empty());
    (
        parameters,
        macs.map(|node| node.op.macs(node.outputs[0])).sum(),
    )
}

/// torchvision's own counts of parameters; multiply-adds of its "GFLOPS".
#[test]
fn imagenet_networks_have_torchvisions_parameters_and_macs() {
    for (name, parameters, gmacs) in [
        ("resnet18", 11_689_512, 1.81),
        ("resnet34", 21_797_672, 3.66),
        ("resnet50", 25_557_032, 4.09),
        ("resnet101", 44_549_160, 7.80),
        ("resnet152", 60_192_808, 11.51),
    ] {
        let (found, macs) = counts(name);
        assert_eq!(found, parameters, "{name}");
        let found = macs as f64 / 1e9;
        assert!((found - gmacs).abs() < 0.01, "{name}: {found} GMAC");
    }
}

/// He et al. 2015, table 6: "0.27M", "0.46M", "0.66M", "0.85M", "1.7M". Exact
/// counts are those of option A: 9 * channels products a layer, two scalars a
/// channel of each norm, and the last layer.
#[test]
fn cifar_networks_have_the_papers_parameters() {
    for (name, millions, n) in [
        ("cifar_resnet20", 0.27, 3),
        ("cifar_resnet32", 0.46, 5),
        ("cifar_resnet44", 0.66, 7),
        ("cifar_resnet56", 0.85, 9),
        ("cifar_resnet110", 1.7, 18),
    ] {
        let conv = |i: u64, o: u64| 9 * i * o + 2 * o;
        let stage = |i: u64, o: u64| conv(i, o) + (2 * n - 1) * conv(o, o);
        let exact = conv(3, 16) + stage(16, 16) + stage(16, 32) + stage(32, 64) + 650;
        let (found, _) = counts(name);
        assert_eq!(found, exact, "{name}");
        let rounded = found as f64 / 1e6;
        assert!((rounded - millions).abs() < 0.05, "{name}: {rounded}M");
    }
    assert_eq!(counts("cifar_resnet20").1, 40_551_040);
}

#[test]
fn names_are_torchvisions() {
    let network = network("resnet50");
    let names: Vec<_> = network
        .inference
        .graph
        .parameters()
        .iter()
        .map(|p| p.name.as_str())
        .collect();
    assert_eq!(names.len(), 161 + 2 * 53);
    for name in [
        "conv1.weight",
        "bn1.running_mean",
        "layer1.0.downsample.0.weight",
        "layer1.0.downsample.1.running_var",
        "layer4.2.conv3.weight",
        "layer4.2.bn3.bias",
        "fc.weight",
        "fc.bias",
    ] {
        assert!(names.contains(&name), "{name}");
    }
}

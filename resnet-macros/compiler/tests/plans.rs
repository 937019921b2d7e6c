//! The memory plan, checked by simulating what is alive when.

mod common;
mod deep_common;
mod plan_common;

use plan_common::simulate;
use resnet_compiler::analyse;
use resnet_compiler::plan::Plan;

#[test]
fn every_reader_finds_what_it_reads() {
    for kind in ["basic", "bottleneck"] {
        for shortcut in ["projection", "identity", "none"] {
            for pool in [false, true] {
                let network = analyse(&common::spec(kind, shortcut, pool)).unwrap();
                for planned in [&network.inference, &network.training] {
                    simulate(planned);
                    let plan = &planned.plan;
                    assert!(plan.peak >= plan.lower_bound);
                    assert!(plan.lower_bound >= plan.logical_lower_bound);
                }
            }
        }
    }
}

/// A tenth over the largest live set is what a plan may take.
fn assert_close(name: &str, plan: &Plan) {
    let (peak, bound) = (plan.peak, plan.lower_bound);
    assert!(
        peak <= bound + bound / 10,
        "{name}: {peak} elements, {bound} are alive at once"
    );
}

#[test]
fn plans_of_the_published_networks_are_close_to_their_lower_bound() {
    for source in deep_common::published() {
        let network = analyse(&source).unwrap();
        for planned in [&network.inference, &network.training] {
            simulate(planned);
            assert_close(&source.path, &planned.plan);
        }
    }
}

#[test]
fn a_network_of_thousands_of_blocks_is_planned_as_well() {
    let network = analyse(&deep_common::cifar(500)).unwrap();
    for planned in [&network.inference, &network.training] {
        simulate(planned);
        assert_close("1500 blocks", &planned.plan);
    }
}

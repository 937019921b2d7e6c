//! Every stage of the compiler on one text, and what must hold after each; of tests and of the
//! fuzz targets.

#[path = "../plan_common/mod.rs"]
mod plan_common;

use plan_common::simulate;
use resnet_compiler::check::check;
use resnet_compiler::diagnostics::Diagnostics;
use resnet_compiler::draw::{self, Format, Subject};
use resnet_compiler::emit::{emit, pretty};
use resnet_compiler::source::Source;
use resnet_compiler::{Options, analyse, expand_spec, stages};

/// Deeper networks than this take time and show nothing new.
const MOST_LAYERS: usize = 300;

/// Takes a text through the compiler; whether it is the spec of a network.
pub(crate) fn compiles(source: &Source, formatted: bool) -> Result<bool, Diagnostics> {
    let layers = stages::expanded(&stages::parsed(source)?)?;
    if layers.list.len() > MOST_LAYERS {
        return Ok(false);
    }
    let network = analyse(source)?;
    for planned in [&network.inference, &network.training] {
        check(&planned.graph, "everything").unwrap();
        simulate(planned);
        let plan = &planned.plan;
        assert!(plan.peak >= plan.lower_bound);
        assert!(plan.lower_bound >= plan.logical_lower_bound);
    }
    let options = Options {
        comments: formatted,
        ..Options::default()
    };
    let code = emit(&network, &options);
    if formatted {
        pretty(code).unwrap();
        for planned in [&network.inference, &network.training] {
            let subject = Subject {
                title: &network.name,
                graph: &planned.graph,
                plan: Some(&planned.plan),
                unfold: false,
            };
            let picture = draw::graph(&subject, Format::Svg) + &draw::arena("", planned);
            assert!(!picture.contains("NaN"));
        }
    }
    let layer_form = Source::new("layers.yaml", &expand_spec(source)?);
    let again = analyse(&layer_form).unwrap_or_else(|mistakes| {
        panic!("its layer form: {}", mistakes.render(&layer_form));
    });
    assert_eq!(network.hash, again.hash, "the layer form differs");
    Ok(true)
}

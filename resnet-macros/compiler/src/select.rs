//! Selects how each convolution is computed, of inference and of a training step.
//!
//! The choice follows from the convolution's shape alone, so that it is the
//! same on every processor and for any number of threads, and one plan serves
//! any batch. Costs are estimates in multiply-adds of one image; see [`cost`].

use resnet_geometry::{Algorithm, CHANNEL_BLOCK, Conv2d as Sizes, round_up};

use crate::graph::{Graph, Shape};
use crate::ops::{Conv2d, ConvBackwardInput, ConvBackwardWeight};

/// What a user wants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Choice {
    /// Whatever the cost model finds fastest.
    #[default]
    Auto,
    /// Direct convolution everywhere: the smallest packed weights, and the
    /// smallest rounding errors.
    Direct,
    /// Winograd wherever it can be.
    Winograd,
}

/// Every algorithm, the plainest first: it wins a tie.
const ALL: [Algorithm; 3] = [
    Algorithm::Direct,
    Algorithm::Winograd2,
    Algorithm::Winograd4,
];

/// Selects an algorithm for every convolution of a graph of inference.
pub fn select_algorithms(graph: &mut Graph, choice: Choice) {
    for node in graph.indices() {
        let Some(conv) = graph.node(node).op_as::<Conv2d>() else {
            continue;
        };
        let selected = Conv2d {
            algorithm: select(
                &conv.sizes,
                conv.convolved(graph.node(node).outputs[0]),
                choice,
            ),
            ..conv.clone()
        };
        graph.set_op(node, selected);
    }
}

/// Selects an algorithm for every convolution of a training step, and for
/// those that inputs' gradients are.
pub fn select_training_algorithms(graph: &mut Graph, choice: Choice) {
    for node in graph.indices() {
        let selected = |sizes: &Sizes, output| {
            let suits = |a| a == Algorithm::Direct || sizes.suits_winograd();
            cheapest(choice, suits, |a| training_cost(sizes, output, a))
        };
        if let Some(conv) = graph.node(node).op_as::<Conv2d>() {
            let selected = Conv2d {
                algorithm: selected(&conv.sizes, graph.node(node).outputs[0]),
                is_training: true,
                ..conv.clone()
            };
            graph.set_op(node, selected);
        } else if let Some(gradient) = graph.node(node).op_as::<ConvBackwardInput>() {
            let transposed = gradient.sizes.transposed();
            let selected = gradient.by(selected(&transposed, gradient.input));
            graph.set_op(node, selected);
        } else if let Some(gradient) = graph.node(node).op_as::<ConvBackwardWeight>() {
            let d_output = graph.shape(graph.inputs(node)[1]);
            let selected = match gradient.bias {
                None => gradient.by(selected(&gradient.sizes, d_output)),
                Some(_) => gradient.clone(),
            };
            graph.set_op(node, selected);
        }
    }
}

/// The cheapest algorithm for a shape, of those that can compute it and that
/// the choice allows.
pub fn select(sizes: &Sizes, output: Shape, choice: Choice) -> Algorithm {
    let suits = |algorithm| sizes.suits(algorithm);
    cheapest(choice, suits, |algorithm| cost(sizes, output, algorithm))
}

fn cheapest(
    choice: Choice,
    suits: impl Fn(Algorithm) -> bool,
    cost: impl Fn(Algorithm) -> u64,
) -> Algorithm {
    let allowed = |algorithm: &Algorithm| {
        let wanted = match choice {
            Choice::Auto => true,
            Choice::Direct => *algorithm == Algorithm::Direct,
            Choice::Winograd => *algorithm != Algorithm::Direct,
        };
        wanted && suits(*algorithm)
    };
    let allowed = ALL.into_iter().filter(allowed);
    let cheapest = allowed.min_by_key(|&algorithm| cost(algorithm));
    // Where Winograd is wanted and none suits, there is none.
    cheapest.unwrap_or_default()
}

/// Multiply-adds in the time that a core needs to transform one input or
/// output element of a tile to or from one frequency: loads, stores and
/// additions, about a vector in four cycles where two vectors are multiplied
/// in one.
const TRANSFORM: u64 = 8;

/// Weights of one layer up to this many stay in a core's own cache over the
/// images of a batch.
const NEAR: u64 = 256 * 1024;

/// Multiply-adds in the time that one weight comes from that cache.
const NEAR_WEIGHT: u64 = 3;

/// Multiply-adds in the time that one weight comes from further away. All are
/// read once an image: at a batch of one nothing hides it.
const FAR_WEIGHT: u64 = 12;

/// The same by phases, where weights are nine times as many as a direct
/// convolution's: at 14x14 pixels, 16 tiles, threads that read them at once
/// wait for memory.
const FAR_WEIGHT_OF_PHASES: u64 = 24;

/// What an image costs, in multiply-adds.
///
/// Arithmetic and the reading of weights overlap, so that the longer of the
/// two counts; the transforms come on top. Direct convolution multiplies every
/// tap of every pixel. Winograd multiplies `(m + 2)^2` frequencies of every
/// tile (or those of four phases), whole tiles even where the map is cut off,
/// and reads as many weights for each pair of channels instead of nine.
pub fn cost(sizes: &Sizes, output: Shape, algorithm: Algorithm) -> u64 {
    let pair = (sizes.in_channels * round_up(sizes.out_channels, CHANNEL_BLOCK)) as u64;
    let products = |factors: u64, places: u64| {
        let weights = pair * factors;
        let weight = if weights <= NEAR {
            NEAR_WEIGHT
        } else if algorithm != Algorithm::Direct && !sizes.suits_winograd() {
            FAR_WEIGHT_OF_PHASES
        } else {
            FAR_WEIGHT
        };
        weights * places.max(weight)
    };
    let (factors, places) = products_of(sizes, output, algorithm);
    products(factors, places) + transforms(sizes, output, algorithm)
}

/// What an image of a training step costs, in multiply-adds. Weights are used
/// for a whole batch; Winograd's are transformed by whoever uses them, which is
/// as much work as another tile for each image.
fn training_cost(sizes: &Sizes, output: Shape, algorithm: Algorithm) -> u64 {
    let pair = (sizes.in_channels * round_up(sizes.out_channels, CHANNEL_BLOCK)) as u64;
    let (factors, places) = products_of(sizes, output, algorithm);
    let weights = u64::from(algorithm != Algorithm::Direct);
    pair * factors * (places + weights) + transforms(sizes, output, algorithm)
}

/// Products for each pair of channels at a place, and places in an image:
/// taps of pixels, or frequencies of tiles.
fn products_of(sizes: &Sizes, output: Shape, algorithm: Algorithm) -> (u64, u64) {
    let (factors, places) = match algorithm.tile() {
        None => (
            sizes.kernel[0] * sizes.kernel[1],
            output.height * output.width,
        ),
        Some(m) => {
            let side = sizes.winograd_side(m);
            // By phases, odd rows and columns have nothing at one frequency.
            let of_phases = if sizes.stride == [1, 1] {
                side
            } else {
                2 * side - 1
            };
            (
                of_phases * of_phases,
                output.height.div_ceil(m) * output.width.div_ceil(m),
            )
        }
    };
    (factors as u64, places as u64)
}

/// What the transforms of an image's tiles cost.
fn transforms(sizes: &Sizes, output: Shape, algorithm: Algorithm) -> u64 {
    if algorithm == Algorithm::Direct {
        return 0;
    }
    let inputs = round_up(sizes.winograd_depth(), CHANNEL_BLOCK);
    let outputs = round_up(sizes.out_channels, CHANNEL_BLOCK);
    let (_, tiles) = products_of(sizes, output, algorithm);
    let side = algorithm.tile().map_or(0, |m| sizes.winograd_side(m));
    tiles * (side * side * (inputs + outputs)) as u64 * TRANSFORM
}

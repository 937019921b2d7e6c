//! What a call takes at least on this machine: by its arithmetic, or by the way
//! of its maps and weights from and to memory, whichever is longer.

use std::io::Write;

use anyhow::Result;

use super::{Row, Scale, ratio};

/// Calls that take more than this many times their roofline are told.
const FAR: f64 = 2.0;

/// Of these, the ones that take this share of a run.
const WORTH_TELLING: f64 = 0.01;

/// Milliseconds; 0 for calls whose maps aren't known.
pub(super) fn least_ms(row: &Row, scale: Scale) -> f64 {
    if row.op.starts_with("update") || row.op.starts_with("outside") {
        return 0.0;
    }
    let elements = |shape: [usize; 3]| shape.iter().product::<usize>() as f64;
    let [input, output] = walks(&row.op);
    let moved = input * elements(row.input) + output * elements(row.output);
    let [savings, growth] = savings_and_growth(row);
    // All images of a call read the same weights.
    let (images, calls) = (row.images as f64, row.calls as f64);
    let moved = moved * images + row.weights as f64 * growth * calls;
    let bytes = size_of::<f32>() as f64 * moved;
    let flops = 2.0 * row.macs as f64 * images / savings;
    1e-6 * ratio(flops, scale.fma_peak_gflops).max(ratio(bytes, scale.memory_gigabytes))
}

/// How often input and output are walked over.
fn walks(op: &str) -> [f64; 2] {
    match op {
        // Twice both the gradient and what was normalised, then the result.
        "batch_norm_backward" => [4.0, 1.0],
        // Statistics leave nothing behind.
        "batch_norm_statistics" => [1.0, 0.0],
        _ => [1.0, 1.0],
    }
}

/// How many fewer multiplications than a direct convolution's, and how much
/// larger weights are that are kept transformed, as inference does.
fn savings_and_growth(row: &Row) -> [f64; 2] {
    match row.algorithm {
        "winograd F(2x2, 3x3)" => [2.25, 16.0 / 9.0],
        "winograd F(4x4, 3x3)" => [4.0, 36.0 / 9.0],
        // Of 16 pixels, and of the products that make them.
        "winograd F(4x4, 2x2) of phases" => [16.0 * 9.0 / 81.0, 81.0 / 9.0],
        "winograd F(4x4, 3x3) of phases" => [16.0 * 25.0 / 121.0, 121.0 / 25.0],
        "winograd F(4x4, 4x4) of phases" => [16.0 * 49.0 / 169.0, 169.0 / 49.0],
        // Calls of training, which keeps weights as they are.
        _ if row.op.contains("winograd4") => [4.0, 1.0],
        _ if row.op.contains("winograd2") => [2.25, 1.0],
        _ => [1.0, 1.0],
    }
}

/// Names what is far from its roofline, the longest first.
pub(super) fn print_far(out: &mut dyn Write, rows: &[Row], scale: Scale) -> Result<()> {
    writeln!(
        out,
        "\nroofline: {:.1} GFLOP/s, {:.1} GB/s to and from memory",
        scale.fma_peak_gflops, scale.memory_gigabytes
    )?;
    let far = |row: &&Row| {
        row.least_ms > 0.0 && row.ms > FAR * row.least_ms && row.share >= WORTH_TELLING
    };
    let mut far: Vec<_> = rows.iter().filter(far).collect();
    far.sort_by(|a, b| b.ms.total_cmp(&a.ms));
    for row in far {
        writeln!(
            out,
            "{:.1} times its roofline: {} {} {} -> {}, {:.3} ms",
            row.ms / row.least_ms,
            row.layer,
            row.op,
            crate::format::shape(row.input),
            crate::format::shape(row.output),
            row.ms,
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use resnet_runtime::LayerCall;

    use super::*;

    fn row(op: &'static str, macs: u64) -> Row {
        let call = LayerCall::sweep(op, [16, 4, 4], [16, 4, 4]);
        Row {
            macs,
            ..Row::new("forward", call, 1.0, 10)
        }
    }

    #[test]
    fn the_longer_of_both() {
        let scale = Scale {
            batch: 10,
            fma_peak_gflops: 100.0,
            memory_gigabytes: 10.0,
        };
        // 2,048 bytes at 10 GB/s, of ten images.
        let near = |a: f64, b: f64| (a - b).abs() < 1e-9;
        assert!(near(least_ms(&row("add", 0), scale), 0.002_048));
        // 2e6 operations at 100 GFLOP/s, a fourth of them by Winograd.
        assert!(near(least_ms(&row("conv2d", 1_000_000), scale), 0.2));
        assert!(near(
            least_ms(&row("conv2d_winograd4", 1_000_000), scale),
            0.05
        ));
        assert_eq!(least_ms(&row("update_conv2d", 0), scale), 0.0);
        // Weights are read once for all ten images: 4e6 bytes at 10 GB/s.
        let mut linear = row("linear", 0);
        linear.weights = 1_000_000;
        assert!(near(least_ms(&linear, scale), 0.002_048 + 0.4));
        linear.algorithm = "winograd F(4x4, 3x3)";
        assert!(near(least_ms(&linear, scale), 0.002_048 + 1.6));
    }
}

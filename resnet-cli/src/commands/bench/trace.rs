//! A run in Chrome's trace format, which Perfetto opens.

use std::path::Path;

use anyhow::Result;
use resnet_runtime::{LayerCall, ModelInfo, write_atomically};
use serde_json::{Value, json};

use crate::format::shape;
use crate::timeline::{Timeline, is_boundary};

/// Writes the run of middle length.
pub(super) fn write(path: &Path, timeline: &Timeline, info: &ModelInfo) -> Result<()> {
    write_atomically(path, trace(timeline, info).to_string().as_bytes())?;
    Ok(())
}

fn trace(timeline: &Timeline, info: &ModelInfo) -> Value {
    let (spans, times) = (&timeline.spans, timeline.typical());
    // Every micro-batch goes through all of them.
    let mut layers = info.layers.iter().cycle();
    let mut events = vec![json!({
        "name": "process_name", "ph": "M", "pid": 1, "args": {"name": info.name},
    })];
    for (i, span) in spans.iter().enumerate() {
        let [start, end] = [times[i], times[i + 1]];
        let Some(call) = &span.call else {
            // A phase lasts to the next one, its calls lie within.
            let next = spans[i + 1..].iter().position(|span| span.call.is_none());
            let end = next.map_or(times[spans.len()], |next| times[i + 1 + next]);
            events.push(event(span.phase, "phase", [start, end], json!({})));
            continue;
        };
        let boundary = is_boundary(call);
        // Training's calls are not inference's layers.
        let layer = match timeline.is_inference() && !boundary {
            true => layers.next(),
            false => None,
        };
        let name = layer.map_or(call.operation, |layer| layer.name);
        let mut args = arguments(call);
        if let Some(layer) = layer {
            args["op"] = layer.op.into();
            args["algorithm"] = layer.algorithm.into();
        }
        events.push(event(name, call.operation, [start, end], args));
    }
    json!({"traceEvents": events, "displayTimeUnit": "ms"})
}

fn arguments(call: &LayerCall) -> Value {
    json!({
        "operation": call.operation,
        "input": shape(call.input),
        "output": shape(call.output),
        "macs": call.macs,
    })
}

/// A stretch of time, which the format counts in microseconds.
fn event(name: &str, category: &str, [start, end]: [f64; 2], args: Value) -> Value {
    json!({
        "name": name, "cat": category, "ph": "X", "pid": 1, "tid": 1,
        "ts": 1e6 * start, "dur": 1e6 * (end - start), "args": args,
    })
}

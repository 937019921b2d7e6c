//! What `bench` measures and prints.

use std::fs;

use super::{fake, json};

#[test]
fn bench_prints_one_line_of_json() {
    for (train, mode) in [(None, "infer"), (Some("--train"), "train")] {
        let arguments = [
            "bench",
            "--batch",
            "4",
            "--threads",
            "1",
            "--seconds",
            "0",
            "--json",
        ];
        let arguments: Vec<_> = arguments.into_iter().chain(train).collect();
        let line = json(&arguments);
        let mut keys: Vec<_> = line
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        let mut expected = [
            "model",
            "mode",
            "batch",
            "threads",
            "ms",
            "min_ms",
            "images_per_s",
            "gflops",
            "fma_peak_gflops",
            "fma_share",
            "processor",
            "isa",
        ];
        // How a parsed object is ordered depends on serde_json's features.
        keys.sort_unstable();
        expected.sort_unstable();
        assert_eq!(keys, expected);
        assert_eq!(line["mode"], mode);
        assert_eq!(
            (line["batch"].as_u64(), line["threads"].as_u64()),
            (Some(4), Some(1))
        );
        assert!(line["min_ms"].as_f64() <= line["ms"].as_f64());
        let factor = if train.is_some() { 3.0 } else { 1.0 };
        let flops = factor * 2.0 * 16.0 * line["images_per_s"].as_f64().unwrap();
        assert!((line["gflops"].as_f64().unwrap() / (flops / 1e9) - 1.0).abs() < 1e-9);
    }
    assert!(
        fake(&["bench", "--seconds", "0"])
            .unwrap()
            .contains("images/s")
    );
}

#[test]
fn bench_tells_the_time_of_every_layer() {
    let bench = ["bench", "--seconds", "0", "--layers"];
    let text = fake(&bench).unwrap();
    for part in ["\nlayer ", "\nfc  ", "direct", "\ntogether", "of peak"] {
        assert!(text.contains(part), "`{part}` missing in:\n{text}");
    }
    let line = json(&[&bench[..], &["--json"]].concat());
    let names = |rows: &serde_json::Value, key: &str| -> Vec<_> {
        let rows = rows.as_array().unwrap().iter();
        rows.map(|row| row[key].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(names(&line["layers"], "layer"), ["input", "fc", "output"]);
    assert_eq!(line["layers"][1]["algorithm"], "direct");
    assert!(line["layers"][1]["gflops"].as_f64() > Some(0.0));
    let by = names(&line["totals"], "by");
    assert_eq!(by, ["input", "direct", "output", "all"]);
    let shares = line["layers"].as_array().unwrap().iter();
    let shares: f64 = shares.map(|row| row["share"].as_f64().unwrap()).sum();
    assert!((shares - 1.0).abs() < 1e-9);

    let line = json(&[&bench[..], &["--train", "--json"]].concat());
    let ops = names(&line["layers"], "op");
    assert!(ops.contains(&"linear_backward_weight".to_owned()));
    let phases = names(&line["layers"], "layer");
    for phase in ["forward", "loss", "backward", "update"] {
        assert!(phases.contains(&phase.to_owned()), "{phase}");
    }
}

#[test]
fn bench_writes_a_trace() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trace.json");
    let path = path.display().to_string();
    for (train, names) in [
        (None, &["inference", "input", "fc", "output"][..]),
        (Some("--train"), &["forward", "linear", "loss", "backward"]),
    ] {
        let bench = ["bench", "--seconds", "0", "--profile", &path];
        let bench: Vec<_> = bench.into_iter().chain(train).collect();
        fake(&bench).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        let trace: serde_json::Value = serde_json::from_str(&text).unwrap();
        let events = trace["traceEvents"].as_array().unwrap();
        for name in names {
            let event = events.iter().find(|event| event["name"] == *name);
            let event = event.unwrap_or_else(|| panic!("{name} in {text}"));
            assert!(event["ts"].as_f64() >= Some(0.0) && event["dur"].as_f64() >= Some(0.0));
        }
    }
    let nowhere = folder.path().join("none/trace.json").display().to_string();
    let error = fake(&["bench", "--seconds", "0", "--profile", &nowhere]).unwrap_err();
    assert!(crate::message(&error).contains("trace.json"));
}

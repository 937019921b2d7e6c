//! The commands of the binary `digits`, as a user types them, on the digits in
//! the repository and on files that are wrong.

#[path = "commands/runs.rs"]
mod runs;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data/digits");

/// A folder of its own for each test, removed at its end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("resnet-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn digits(folder: &Folder, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_digits"))
        .args(args)
        .current_dir(&folder.0)
        .output()
        .unwrap()
}

fn stdout(output: &Output) -> String {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// The one line of a command that failed.
fn failure(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1));
    let errors = String::from_utf8(output.stderr.clone()).unwrap();
    assert!(errors.starts_with("error: "), "{errors}");
    assert!(!errors.contains("panicked"), "{errors}");
    errors
}

#[test]
fn the_demonstration_learns_and_leaves_its_files() {
    let folder = Folder::new("demo");
    let text = stdout(&digits(&folder, &[]));
    let percent = text
        .split("test accuracy ")
        .nth(1)
        .and_then(|rest| rest.split('%').next());
    let accuracy: f64 = percent.unwrap().trim().parse().unwrap();
    assert!(accuracy >= 95.0, "{text}");
    let run = folder.0.join("runs/digits-1");
    for file in [
        "args.yaml",
        "summary.csv",
        "learning_curve.svg",
        "last.safetensors",
    ] {
        assert!(run.join(file).is_file(), "{file}");
    }
    let weights = run.join("last.safetensors").display().to_string();
    let json = stdout(&digits(
        &folder,
        &["eval", "--data", DATA, "--weights", &weights, "--json"],
    ));
    assert!(json.contains("\"top1\":"), "{json}");
}

#[test]
fn training_is_the_same_for_a_seed_and_evaluates() {
    let folder = Folder::new("train");
    let train = |output: &str, threads: &str| {
        let args = [
            "train",
            "--data",
            DATA,
            "--epochs",
            "2",
            "--seed",
            "5",
            "--threads",
            threads,
            "--output",
            output,
        ];
        stdout(&digits(&folder, &args));
        std::fs::read(Path::new(output).join("last.safetensors")).unwrap()
    };
    let one = train(&folder.path("one"), "1");
    assert!(
        one == train(&folder.path("two"), "2"),
        "weights differ between thread counts"
    );
}

#[test]
fn info_and_bench_say_what_the_network_is() {
    let folder = Folder::new("info");
    let text = stdout(&digits(&folder, &["info"]));
    for part in ["layer3.0.conv2", "77,754", "763,520"] {
        assert!(text.contains(part), "{part} in {text}");
    }
    for mode in [
        &["bench", "--seconds", "0.05", "--json"][..],
        &[
            "bench",
            "--train",
            "--batch",
            "4",
            "--seconds",
            "0.05",
            "--json",
        ],
    ] {
        let line = stdout(&digits(&folder, mode));
        assert_eq!(line.lines().count(), 1);
        for key in [
            "model",
            "mode",
            "batch",
            "threads",
            "ms",
            "min_ms",
            "images_per_s",
            "gflops",
            "fma_peak_gflops",
            "isa",
        ] {
            assert!(line.contains(&format!("\"{key}\":")), "{key} in {line}");
        }
    }
}

/// One call a layer: otherwise names would slip to other layers.
#[test]
fn every_layer_is_timed_whatever_the_algorithm() {
    let folder = Folder::new("layers");
    for (algorithm, winograd) in [("auto", true), ("direct", false)] {
        let bench = [
            "bench",
            "--seconds",
            "0",
            "--layers",
            "--algorithm",
            algorithm,
        ];
        let text = stdout(&digits(&folder, &bench));
        let table = text.split("\n\n").nth(1).unwrap();
        let named: Vec<_> = table
            .lines()
            .skip(2)
            .map(|line| line.split_whitespace().next())
            .collect();
        let info = stdout(&digits(&folder, &["info", "--algorithm", algorithm]));
        let layers = info.split("\n\n").next().unwrap().lines().skip(2);
        let layers: Vec<_> = layers.map(|line| line.split_whitespace().next()).collect();
        assert_eq!(named.first(), Some(&Some("input")), "{text}");
        assert_eq!(named.last(), Some(&Some("output")), "{text}");
        assert_eq!(named[1..named.len() - 1], layers, "{text}");
        assert_eq!(table.contains("winograd"), winograd, "{text}");
        assert_eq!(info.contains("winograd"), winograd, "{info}");
    }
}

#[test]
fn a_training_step_has_a_trace() {
    let folder = Folder::new("trace");
    let path = folder.path("trace.json");
    let bench = [
        "bench",
        "--train",
        "--batch",
        "4",
        "--seconds",
        "0",
        "--profile",
        &path,
    ];
    stdout(&digits(&folder, &bench));
    let trace = std::fs::read_to_string(&path).unwrap();
    for name in ["forward", "loss", "conv2d_backward_weight", "update_conv2d"] {
        assert!(trace.contains(&format!("\"name\":\"{name}\"")), "{name}");
    }
}

#[test]
fn wrong_weight_files_are_refused_by_name() {
    let folder = Folder::new("weights");
    let eval = |file: &str, bytes: &[u8]| {
        let path = folder.path(file);
        std::fs::write(&path, bytes).unwrap();
        let output = digits(&folder, &["eval", "--data", DATA, "--weights", &path]);
        let errors = failure(&output);
        assert!(errors.contains(file), "{errors}");
        errors
    };
    eval("empty.safetensors", b"");
    assert!(eval("zip.pth", b"PK\x03\x04and more").contains("PyTorch"));
    eval("huge.safetensors", &[0xff; 64]);
    let mut truncated = 100u64.to_le_bytes().to_vec();
    truncated.extend(b"{\"conv1.weight\":");
    eval("truncated.safetensors", &truncated);

    // One tensor that is misshapen, one that nobody knows, and the rest missing.
    let header = br#"{"conv1.weight":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"nobody":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#;
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend(header);
    file.extend([0; 8]);
    let errors = eval("other.safetensors", &file);
    for name in [
        "conv1.weight",
        "nobody",
        "fc.bias",
        "layer1.0.bn1.running_var",
    ] {
        assert!(errors.contains(name), "{name} in {errors}");
    }
}

#[test]
fn wrong_data_is_refused_before_training() {
    let folder = Folder::new("data");
    let errors = failure(&digits(
        &folder,
        &["train", "--data", &folder.path("nowhere")],
    ));
    assert!(errors.contains("nowhere"), "{errors}");
    assert!(!folder.0.join("runs").exists(), "nothing half-written");

    let copy = |name: &str| {
        let to = folder.path(name);
        std::fs::create_dir_all(&to).unwrap();
        for entry in std::fs::read_dir(DATA).unwrap() {
            let entry = entry.unwrap();
            std::fs::copy(entry.path(), Path::new(&to).join(entry.file_name())).unwrap();
        }
        to
    };
    let data = copy("magic");
    let labels = Path::new(&data).join("train-labels-idx1-ubyte.gz");
    std::fs::write(&labels, [0, 0, 9, 9, 0, 0, 0, 1, 5]).unwrap();
    let errors = failure(&digits(&folder, &["train", "--data", &data]));
    assert!(errors.contains("train-labels-idx1-ubyte"), "{errors}");

    let data = copy("label");
    let labels = Path::new(&data).join("t10k-labels-idx1-ubyte.gz");
    let mut bytes = vec![0, 0, 8, 1, 0, 0, 1, 104];
    bytes.extend([3; 359]);
    bytes.push(10);
    std::fs::write(&labels, bytes).unwrap();
    let errors = failure(&digits(&folder, &["train", "--data", &data]));
    for part in ["359", "10"] {
        assert!(errors.contains(part), "{errors}");
    }
}

#[test]
fn usage_errors_exit_with_2() {
    let folder = Folder::new("usage");
    for args in [&["bnech"][..], &["train"], &["bench", "--batch", "many"]] {
        let output = digits(&folder, args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(output.stdout.is_empty());
    }
}

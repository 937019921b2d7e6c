//! `resnet build` and what else builds programs, as a user calls it: mostly with a stand-in for cargo, so that
//! what happens before and after it takes no time; once with the real one.

#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const SPEC: &str = "\
model: tiny
input: {channels: 1, height: 8, width: 8}
stem: {channels: 16, kernel: 3}
block: {kind: basic, shortcut: projection}
stages: [{blocks: 1, channels: 16}]
head: {classes: 10}
";

/// A folder with a spec, and the tool as it is called there.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("tiny.yaml"), SPEC).unwrap();
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Makes a program of shell commands.
    fn program(&self, commands: &str) -> PathBuf {
        let path = self.path("program");
        fs::write(&path, format!("#!/bin/sh\n{commands}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    fn build(&self, cargo: &Path, args: &[&str]) -> Output {
        self.resnet(cargo, &[&["build"], args].concat())
    }

    fn resnet(&self, cargo: &Path, args: &[&str]) -> Output {
        let mut resnet = Command::new(env!("CARGO_BIN_EXE_resnet"));
        resnet.args(args).current_dir(&self.folder);
        resnet.env("RESNET_CACHE_DIR", self.path("cache"));
        resnet
            .env("CARGO", cargo)
            .env_remove("CARGO_ENCODED_RUSTFLAGS");
        resnet.env("RUSTFLAGS", "--cfg mine");
        resnet.output().unwrap()
    }

    /// A stand-in that tells its arguments and "builds" a script.
    fn cargo(&self) -> PathBuf {
        let built = self.path("built");
        fs::write(&built, "#!/bin/sh\necho \"runs $*\"\n").unwrap();
        fs::set_permissions(&built, fs::Permissions::from_mode(0o755)).unwrap();
        self.program(&format!(
            "if [ \"$1\" = -vV ]; then echo 'release: 1.95.0'; exit; fi\n\
             echo \"called $@ with $CARGO_ENCODED_RUSTFLAGS\" >&2\n\
             echo '{{\"reason\": \"compiler-artifact\", \"executable\": \"{}\"}}'",
            built.display()
        ))
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The messages of a call that fails with `code` and prints no result.
fn refused(output: &Output, code: i32) -> String {
    let messages = text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{messages}");
    assert_eq!(text(&output.stdout), "");
    messages
}

#[test]
fn one_binary_comes_out_and_nothing_stays() {
    let place = Place::new();
    let output = place.build(&place.cargo(), &["tiny.yaml", "-o", "my-model"]);
    let messages = text(&output.stderr);
    assert!(output.status.success(), "{messages}");
    assert!(messages.contains("called build --release "), "{messages}");
    assert!(!messages.contains("--offline") && !messages.contains("--target "));
    let told = text(&output.stdout);
    assert!(
        told.starts_with("my-model: 25 B, the network `tiny`\n"),
        "{told}"
    );
    assert!(told.contains("\n  ./my-model info "), "{told}");
    let run = Command::new(place.path("my-model")).output().unwrap();
    assert_eq!(text(&run.stdout), "runs \n");
    assert_eq!(fs::read_dir(&place.folder).unwrap().count(), 5);

    let version = place.path("cache").join(env!("CARGO_PKG_VERSION"));
    assert!(version.join("crates/resnet-runtime/src/lib.rs").exists());
    assert!(!version.join("projects/model-tiny").exists());
}

/// What is built to measure a network runs once, with the options that were
/// given, and what it prints is the result.
#[test]
fn measurements_are_built_and_run() {
    let place = Place::new();
    let cargo = place.cargo();
    let args = "tune tiny.yaml --batch 4 --threads 2 --seconds 0.5 --keep";
    let args: Vec<_> = args.split(' ').collect();
    let output = place.resnet(&cargo, &args);
    let messages = text(&output.stderr);
    assert!(output.status.success(), "{messages}");
    let told = text(&output.stdout);
    let next = "resnet build tiny.yaml --tuning tiny.tuning.yaml";
    assert!(told.contains(next), "{told}");
    let measured = fs::read_to_string(place.path("tiny.tuning.yaml")).unwrap();
    assert_eq!(measured, "runs --batch=4 --threads=2 --seconds=0.5\n");
    let (_, project) = messages.rsplit_once("the project is kept in ").unwrap();
    let project = Path::new(project.trim_end());
    let forced = fs::read_to_string(project.join("winograd4.tuning.yaml")).unwrap();
    let line = "{in_channels: 16, out_channels: 16, output: [8, 8], algorithm: winograd4}";
    assert!(forced.contains(line), "{forced}");
    let main = fs::read_to_string(project.join("src/main.rs")).unwrap();
    assert!(
        main.contains("tuning = \"winograd4.tuning.yaml\""),
        "{main}"
    );

    let output = place.resnet(&cargo, &["errors", "tiny.yaml", "--threads=1", "--json"]);
    assert_eq!(text(&output.stdout), "runs --batch=1 --threads=1 --json\n");

    // A failure is one, and leaves no file.
    fs::write(place.path("built"), "#!/bin/sh\nexit 3\n").unwrap();
    fs::remove_file(place.path("tiny.tuning.yaml")).unwrap();
    let failed = refused(&place.resnet(&cargo, &["tune", "tiny.yaml"]), 1);
    assert!(failed.contains("the measurement failed"), "{failed}");
    assert!(!place.path("tiny.tuning.yaml").exists());
}

#[test]
fn tuning_files_are_read_before_cargo_runs() {
    let place = Place::new();
    fs::write(
        place.path("t.yaml"),
        "convolutions:\n  - {in_channels: 16}\n",
    )
    .unwrap();
    let output = place.build(&place.cargo(), &["tiny.yaml", "--tuning", "t.yaml"]);
    let messages = refused(&output, 1);
    assert!(messages.contains("t.yaml:2:5"), "{messages}");
    assert!(!messages.contains("called"));
}

#[test]
fn options_reach_cargo() {
    let place = Place::new();
    let args = [
        "tiny.yaml",
        "--offline",
        "--cpu",
        "native",
        "--target-dir",
        "mine",
    ];
    let output = place.build(&place.cargo(), &args);
    let messages = text(&output.stderr);
    assert!(output.status.success(), "{messages}");
    let target = format!("--target-dir {}", place.path("mine").display());
    let flags = "with --cfg\u{1f}mine\u{1f}-Ctarget-cpu=native";
    for part in [" --offline", " --target ", &target, flags] {
        assert!(messages.contains(part), "{part}: {messages}");
    }
    // Without -o, the binary is called as the model.
    assert!(place.path("tiny").exists());
}

#[test]
fn what_cannot_work_is_refused_before_cargo_runs() {
    let place = Place::new();
    let cargo = place.cargo();
    fs::write(
        place.path("broken.yaml"),
        SPEC.replace("blocks: 1", "blocks: none"),
    )
    .unwrap();
    let messages = refused(&place.build(&cargo, &["broken.yaml"]), 1);
    assert!(messages.contains("error[E0303]"), "{messages}");
    let messages = refused(&place.build(&cargo, &["tiny.yaml", "-o", "."]), 2);
    assert!(messages.contains(". is a folder"), "{messages}");
    let messages = refused(&place.build(&cargo, &["tiny.yaml", "-o", "no/model"]), 1);
    assert!(messages.contains("there is no folder no"), "{messages}");
    let messages = refused(&place.build(&cargo, &["tiny.yaml", "--cpu", "z80"]), 2);
    assert!(messages.contains("no processor `z80`"), "{messages}");
    assert!(!messages.contains("called"));
}

#[test]
fn a_toolchain_that_will_not_do_is_told_with_what_will() {
    let place = Place::new();
    let needed = env!("CARGO_PKG_RUST_VERSION");
    let missing = place.build(&place.path("nowhere"), &["tiny.yaml"]);
    let old = place.program("echo 'release: 1.80.0'");
    let old = place.build(&old, &["tiny.yaml"]);
    for (output, found) in [(missing, "cannot be run"), (old, "cargo is 1.80.0")] {
        let messages = refused(&output, 1);
        for part in [found, needed, "https://rustup.rs"] {
            assert!(messages.contains(part), "{part}: {messages}");
        }
    }
    assert!(!place.path("cache").exists());
}

#[test]
fn failures_of_cargo_come_with_a_hint() {
    let place = Place::new();
    let cargo = place.program(
        "if [ \"$1\" = -vV ]; then echo 'release: 1.95.0'; exit; fi\n\
         echo no network >&2; exit 101",
    );
    for (args, hint) in [
        (&["tiny.yaml"][..], "--offline uses"),
        (&["tiny.yaml", "--offline"], "build once without"),
    ] {
        let messages = refused(&place.build(&cargo, args), 1);
        assert!(
            messages.starts_with("no network\nerror: cargo could not"),
            "{messages}"
        );
        assert!(messages.contains(hint), "{messages}");
        assert!(!place.path("tiny").exists());
    }
}

/// Cargo accepts the project, and takes the versions that the tool carries.
#[test]
fn the_project_is_whole() {
    let place = Place::new();
    let output = place.build(&place.cargo(), &["tiny.yaml", "--keep"]);
    let messages = text(&output.stderr);
    let (_, project) = messages.rsplit_once("the project is kept in ").unwrap();
    let project = Path::new(project.trim_end());
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .args(["metadata", "--format-version", "1"])
        .env_remove("CARGO_TARGET_DIR")
        .current_dir(project);
    let metadata = cargo.output().unwrap();
    assert!(metadata.status.success(), "{}", text(&metadata.stderr));
    assert!(!text(&metadata.stdout).contains(checkout.to_str().unwrap()));

    let packages = |lock: &Path| -> Vec<String> {
        let lock = fs::read_to_string(lock).unwrap();
        let packages = lock.split("[[package]]\n").skip(1);
        packages
            .map(|package| package.lines().take(2).collect())
            .filter(|package: &String| !package.contains("model-tiny"))
            .collect()
    };
    let (taken, carried) = (
        packages(&project.join("Cargo.lock")),
        packages(&checkout.join("Cargo.lock")),
    );
    assert!(taken.len() > 10 && taken.len() < carried.len());
    assert!(taken.iter().all(|package| carried.contains(package)));
}

/// Takes minutes, so `.ci/run` calls it by name.
#[test]
#[ignore = "compiles all dependencies, optimised"]
fn networks_are_built_for_real() {
    let place = Place::new();
    // Away from where it was compiled.
    let resnet = place.path("resnet");
    fs::copy(env!("CARGO_BIN_EXE_resnet"), &resnet).unwrap();
    fs::write(place.path("other.yaml"), SPEC.replace("tiny", "other")).unwrap();
    for model in ["tiny", "other"] {
        let mut build = Command::new(&resnet);
        build
            .args(["build", &format!("{model}.yaml")])
            .current_dir(&place.folder);
        // Kept from run to run.
        let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache");
        let output = build.env("RESNET_CACHE_DIR", cache).output().unwrap();
        let messages = text(&output.stderr);
        assert!(output.status.success(), "{messages}");
        let again = messages.contains("Compiling resnet-runtime");
        assert!(model == "tiny" || !again, "compiled again: {messages}");
        let info = Command::new(place.path(model))
            .arg("info")
            .output()
            .unwrap();
        assert!(text(&info.stdout).contains("layer1.0.conv2"));
    }

    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache");
    let measured = |args: &[&str]| {
        let mut command = Command::new(&resnet);
        command.args(args).current_dir(&place.folder);
        let output = command.env("RESNET_CACHE_DIR", &cache).output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout)
    };
    measured(&["tune", "tiny.yaml", "--seconds=0"]);
    measured(&[
        "build",
        "tiny.yaml",
        "--tuning=tiny.tuning.yaml",
        "-o=tuned",
    ]);
    let errors = measured(&["errors", "tiny.yaml", "--batch=2", "--json"]);
    let errors: serde_json::Value = serde_json::from_str(&errors).unwrap();
    let layers = errors["layers"].as_array().unwrap();
    let names: Vec<_> = layers.iter().map(|layer| &layer["layer"]).collect();
    assert_eq!(
        names,
        [
            "relu",
            "layer1.0.relu1",
            "layer1.0.relu",
            "avgpool",
            "logits"
        ]
    );
    for error in layers
        .iter()
        .flat_map(|layer| layer["errors"].as_array().unwrap())
    {
        let error = error.as_f64().unwrap();
        assert!(error > 0.0 && error < 3e-6, "{errors}");
    }
}

//! Training that is disturbed, or shared out otherwise, and ends with the same
//! bits.

use std::process::Command;

use super::{DATA, Folder, digits, failure, stdout};

/// Flags of a run that keeps all there is to keep between steps.
const EVERYTHING: [&str; 15] = [
    "--opt=adamw",
    "--lr=0.002",
    "--clip-grad=1",
    "--grad-accum-steps=2",
    "--mixup=0.2",
    "--smoothing=0.1",
    "--model-ema",
    "--model-ema-decay=0.9",
    "--cutmix=0.2",
    "--crop-padding=1",
    "--rotate=10",
    "--hflip=0.5",
    "--color-jitter=0.4",
    "--aa=rand-m9-n2-mstd0.5",
    "--reprob=0.25",
];

/// Flags of a run that ends before its epochs do.
const EARLY: [&str; 5] = [
    "--opt=lars",
    "--lr=0.001",
    "--epochs=9",
    "--early-stopping=1",
    "--sched=step",
];

/// Kills training at odd times, goes on with it each time, and compares all
/// weights with those of a run that nobody disturbed. Runs that end are started
/// again until every kill has hit one.
#[cfg(unix)]
fn killed(mut kills: u64, name: &str, flags: &[&str]) {
    use std::process::Stdio;
    use std::time::Duration;

    let folder = Folder::new(name);
    let start = |output| {
        let start = ["train", "--epochs=3", "--seed=5", "--data", DATA];
        [&start, flags, &["--output", output]].concat()
    };
    stdout(&digits(&folder, &start("whole")));
    let run = folder.0.join("killed");
    let every_step = "--recovery-interval=0";
    let mut wait = 60;
    while kills > 0 {
        let _ = std::fs::remove_dir_all(&run);
        loop {
            let arguments = match run.join("checkpoint.safetensors").exists() {
                // Whoever loads the images, and whoever computes.
                true => {
                    let others = [
                        "--workers=3",
                        ["--threads=1", "--threads=3"][kills as usize % 2],
                    ];
                    [&["train", "--resume", "killed", every_step][..], &others].concat()
                }
                false => {
                    let _ = std::fs::remove_dir_all(&run);
                    [&start("killed")[..], &[every_step]].concat()
                }
            };
            let mut child = Command::new(env!("CARGO_BIN_EXE_digits"))
                .args(arguments)
                .current_dir(&folder.0)
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            wait = (wait * 16_807 + 11) % 397;
            if kills > 0 {
                std::thread::sleep(Duration::from_millis(30 + wait));
                child.kill().unwrap();
            }
            let status = child.wait().unwrap();
            if status.success() {
                break;
            }
            assert_eq!(status.code(), None, "{status}");
            kills -= 1;
        }
        let mut compared = 0;
        for file in std::fs::read_dir(folder.0.join("whole")).unwrap() {
            let name = &file.unwrap().file_name().into_string().unwrap();
            if name.ends_with(".safetensors") && name != "checkpoint.safetensors" {
                let read = |run: &str| std::fs::read(folder.0.join(run).join(name)).unwrap();
                assert!(read("whole") == read("killed"), "{name} differs");
                compared += 1;
            }
        }
        assert!(compared >= 2);
        let left = std::fs::read_dir(&run).unwrap().filter(|file| {
            let name = file.as_ref().unwrap().file_name();
            name.to_str().unwrap().ends_with(".tmp")
        });
        assert_eq!(left.count(), 0, "files that were never finished are left");
    }
}

/// A disk that takes no more: here a limit on the size of files, which makes
/// writing fail the same way. What was saved is whole, and the run goes on to
/// the same bits.
#[cfg(unix)]
#[test]
fn a_full_disk_loses_nothing() {
    let folder = Folder::new("full");
    let start = |output| {
        let args = ["train", "--data", DATA, "--epochs=3", "--batch-size=256"];
        [&args[..], &["--output", output]].concat()
    };
    stdout(&digits(&folder, &start("whole")));
    let limited = |args: &[&str]| {
        // Without the signal that comes before the error.
        let limit = "trap '' XFSZ; ulimit -f 100; exec \"$@\"";
        let output = Command::new("sh")
            .args(["-c", limit, "sh", env!("CARGO_BIN_EXE_digits")])
            .args(args)
            .current_dir(&folder.0)
            .output()
            .unwrap();
        let errors = String::from_utf8(output.stderr.clone()).unwrap();
        assert_eq!(output.status.code(), Some(1), "{errors}");
        errors
    };
    let errors = limited(&start("never"));
    assert!(errors.contains("never/last.safetensors: "), "{errors}");
    assert!(errors.contains("no checkpoint yet"), "{errors}");

    let mut stopped = Command::new(env!("CARGO_BIN_EXE_digits"))
        .args(start("full"))
        .arg("--recovery-interval=0")
        .current_dir(&folder.0)
        .stderr(std::process::Stdio::null())
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let checkpoint = folder.0.join("full/checkpoint.safetensors");
    while !checkpoint.exists() {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    stopped.kill().unwrap();
    stopped.wait().unwrap();
    let before = std::fs::read(&checkpoint).unwrap();
    let errors = limited(&["train", "--resume", "full"]);
    assert!(errors.contains("the last checkpoint is safe"), "{errors}");
    assert!(errors.contains("digits train --resume full"), "{errors}");
    assert!(before == std::fs::read(&checkpoint).unwrap());
    stdout(&digits(&folder, &["train", "--resume", "full"]));
    for name in ["last.safetensors", "best.safetensors"] {
        let read = |run: &str| std::fs::read(folder.0.join(run).join(name)).unwrap();
        assert!(read("whole") == read("full"), "{name}");
    }
}

/// The same bits, whoever computes and whoever loads.
#[test]
fn threads_and_workers_change_nothing() {
    let folder = Folder::new("workers");
    let mut runs = Vec::new();
    for (threads, workers) in [("1", "0"), ("2", "1"), ("3", "5")] {
        let start = ["train", "--epochs=1", "--data", DATA, "--output", threads];
        let counts = ["--threads", threads, "--workers", workers];
        stdout(&digits(
            &folder,
            &[&start, &counts[..], &EVERYTHING].concat(),
        ));
        let weights = folder.0.join(threads).join("averaged.safetensors");
        runs.push(std::fs::read(weights).unwrap());
    }
    assert!(runs.iter().all(|run| *run == runs[0]));
}

#[cfg(unix)]
#[test]
fn a_killed_run_goes_on_to_the_same_bits() {
    killed(4, "killed", &[]);
    killed(4, "killed-everything", &EVERYTHING);
    killed(4, "killed-lars", &EARLY);
}

#[cfg(unix)]
#[test]
#[ignore = "minutes; run it by name"]
fn two_hundred_kills_lose_nothing() {
    killed(100, "killed-often", &[]);
    killed(100, "killed-often-everything", &EVERYTHING);
}

/// An interruption ends the run after a step, with its state saved.
#[cfg(unix)]
#[test]
fn an_interrupted_run_says_how_to_go_on() {
    let folder = Folder::new("interrupted");
    let child = Command::new(env!("CARGO_BIN_EXE_digits"))
        .args(["train", "--data", DATA, "--epochs=500", "--output=run"])
        .current_dir(&folder.0)
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    while !folder.0.join("run/summary.csv").exists() {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    let kill = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(kill.unwrap().success());
    let output = child.wait_with_output().unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{errors}");
    assert!(errors.contains("error: interrupted after "), "{errors}");
    assert!(errors.contains("digits train --resume run"), "{errors}");

    // Its settings are the run's own.
    let flags = digits(&folder, &["train", "--resume", "run", "--opt", "adamw"]);
    assert_eq!(flags.status.code(), Some(2));
    std::fs::write(folder.0.join("run/checkpoint.safetensors"), "none").unwrap();
    let error = failure(&digits(&folder, &["train", "--resume", "run"]));
    assert!(error.contains("found a damaged checkpoint"), "{error}");
}

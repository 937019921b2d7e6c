//! The README's tour shows what its commands print.

use std::path::Path;
use std::process::Command;

#[test]
fn the_readme_shows_what_its_commands_print() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let read = |path: &str| std::fs::read_to_string(root.join(path)).unwrap();
    let readme = read("README.md");

    // `sed '/channels: [36]/d'`, as the tour says.
    let digits = read("specs/digits.yaml");
    let kept = |line: &&str| !line.contains("channels: 3") && !line.contains("channels: 6");
    let one: Vec<_> = digits.lines().filter(kept).collect();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("one.yaml"), one.join("\n")).unwrap();

    let commands = readme.lines().filter_map(|line| {
        let command = line.strip_prefix("    cargo run --release --bin resnet -- ")?;
        command.contains(" one.yaml").then_some(command)
    });
    let mut compared = 0;
    for command in commands {
        let mut resnet = Command::new(env!("CARGO_BIN_EXE_resnet"));
        resnet.args(command.split(' ')).current_dir(folder.path());
        let output = resnet.output().unwrap();
        assert!(output.status.success(), "{command}");
        let printed = String::from_utf8(output.stdout).unwrap();
        let after = &readme[readme.find(command).unwrap()..];
        let mut blocks = after.split("```").skip(1).step_by(2);
        match command.split(' ').next() {
            Some("graph" | "plan") => {
                let shown = blocks.next().unwrap().strip_prefix("text\n");
                assert_eq!(shown, Some(printed.as_str()), "{command}");
                compared += 1;
            }
            Some("expand") => {
                let shown = blocks.next().unwrap().strip_prefix("rust\n").unwrap();
                let lines = |text: &str| -> String {
                    text.lines().flat_map(|line| [line.trim(), "\n"]).collect()
                };
                assert!(lines(&printed).contains(&lines(shown)), "{command}");
                compared += 1;
            }
            _ => {}
        }
    }
    assert_eq!(compared, 4);
}

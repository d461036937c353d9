//! A running example.

use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, Once};
use std::thread;
use std::time::{Duration, Instant};

/// For whatever is waited for: far more than anything takes, so that only a hang meets it.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);

pub(crate) const SECRET: &str = "for the tests of the examples only";

/// What is said about how to start a program.
pub(crate) struct Setup {
    example: &'static str,
    pub(crate) command: Command,
}

/// A process, its lines so far, and its standard input. Killed on drop.
pub(crate) struct Program {
    example: &'static str,
    child: Child,
    input: Option<ChildStdin>,
    output: Receiver<Line>,
    lines: Vec<Line>,
    log: Arc<Mutex<String>>,
}

#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) text: String,
    /// When it was read.
    pub(crate) at: Instant,
}

impl Setup {
    pub(crate) fn new(example: &'static str) -> Self {
        let mut command = Command::new(path(example));
        // What the developer has set for other nodes must not reach these.
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("SHARD_"))
        {
            command.env_remove(name);
        }
        command.env("SHARD_SECRET", SECRET).env("NO_COLOR", "1").env("RUST_LOG", "info");
        Self { example, command }
    }

    pub(crate) fn word(mut self, word: &str) -> Self {
        self.command.arg(word);
        self
    }

    pub(crate) fn option(mut self, name: &str, value: &str) -> Self {
        self.command.args([name, value]);
        self
    }

    pub(crate) fn peers<'a>(self, addresses: impl IntoIterator<Item = &'a str>) -> Self {
        let addresses: Vec<&str> = addresses.into_iter().collect();
        if addresses.is_empty() { self } else { self.option("--peers", &addresses.join(",")) }
    }

    pub(crate) fn environment(mut self, name: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.command.env(name, value),
            None => self.command.env_remove(name),
        };
        self
    }

    pub(crate) fn start(mut self) -> Program {
        self.command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = self.command.spawn().unwrap();
        let (to, output) = channel();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        thread::spawn(move || {
            for text in stdout.lines().map_while(Result::ok) {
                let _ = to.send(Line { text, at: Instant::now() });
            }
        });
        let log = Arc::new(Mutex::new(String::new()));
        collect(child.stderr.take().unwrap(), &log);
        let input = child.stdin.take();
        Program { example: self.example, child, input, output, lines: Vec::new(), log }
    }
}

impl Program {
    /// The first line that has `part` in it, of those that came and those that will.
    pub(crate) fn line(&mut self, part: &str) -> Line {
        let found = self.search(0, part);
        self.lines[found].clone()
    }

    /// Gives a command and returns the lines up to the one that has `end` in it.
    pub(crate) fn ask(&mut self, command: &str, end: &str) -> Vec<String> {
        self.lines.extend(self.output.try_iter());
        let from = self.lines.len();
        let input = self.input.as_mut().expect("its input is open");
        writeln!(input, "{command}").unwrap();
        let to = self.search(from, end);
        self.lines[from..=to].iter().map(|line| line.text.clone()).collect()
    }

    fn search(&mut self, mut at: usize, part: &str) -> usize {
        let end = Instant::now() + LIMIT;
        loop {
            if let Some(found) = self.lines[at..].iter().position(|line| line.text.contains(part)) {
                return at + found;
            }
            at = self.lines.len();
            match self.output.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(line) => self.lines.push(line),
                Err(error) => panic!("no line with {part:?}: {error}"),
            }
        }
    }

    /// As a terminal does on control-D.
    pub(crate) fn close_input(&mut self) {
        self.input = None;
    }

    /// Asks it to end, as an operating system does.
    pub(crate) fn terminate(&self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    }

    /// As a terminal does that is closed, or an operator who wants something read again.
    pub(crate) fn hang_up(&self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-HUP", &pid]).status().unwrap().success());
    }

    /// How many lines with `part` it has printed so far.
    pub(crate) fn count(&mut self, part: &str) -> usize {
        self.lines.extend(self.output.try_iter());
        self.lines.iter().filter(|line| line.text.contains(part)).count()
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub(crate) fn wait(&mut self) -> ExitStatus {
        let end = Instant::now() + LIMIT;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < end, "it does not end");
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// What it wrote to standard error, up to the end.
    pub(crate) fn failure(mut self) -> String {
        assert!(!self.wait().success(), "it was to fail");
        self.log()
    }

    /// What it has written to standard error, now that it has ended.
    pub(crate) fn log(&mut self) -> String {
        self.wait();
        // The thread that reads drops its handle when it has read everything.
        while Arc::strong_count(&self.log) > 1 {
            thread::sleep(Duration::from_millis(5));
        }
        let log = self.log.lock().unwrap();
        log.clone()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            self.lines.extend(self.output.try_iter());
            eprintln!("--- {} (process {}) said:", self.example, self.child.id());
            for line in &self.lines {
                eprintln!("{}", line.text);
            }
            if let Ok(log) = self.log.lock() {
                eprintln!("--- and logged:\n{log}");
            }
        }
    }
}

/// Tries again until `attempt` gives something.
pub(crate) fn until<T>(what: &str, mut attempt: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + LIMIT;
    loop {
        if let Some(found) = attempt() {
            return found;
        }
        assert!(Instant::now() < end, "in vain: {what}");
        thread::sleep(Duration::from_millis(10));
    }
}

fn collect(stream: impl Read + Send + 'static, into: &Arc<Mutex<String>>) {
    let into = Arc::clone(into);
    thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            let mut log = into.lock().unwrap();
            log.push_str(&line);
            log.push('\n');
        }
    });
}

/// Where cargo puts an example: beside the folder that this test was put into. A plain `cargo test` has
/// built them all; one that was told to build this test only has not.
fn path(example: &str) -> PathBuf {
    static BUILD: Once = Once::new();
    let test = std::env::current_exe().unwrap();
    let profile = test.ancestors().nth(2).unwrap();
    let program = profile.join("examples").join(example);
    if !program.exists() {
        BUILD.call_once(|| {
            let profile = match profile.file_name().unwrap().to_str().unwrap() {
                "debug" => "dev",
                other => other,
            };
            let mut cargo = Command::new(env!("CARGO"));
            cargo.current_dir(env!("CARGO_MANIFEST_DIR")).args(["build", "--examples", "--profile", profile]);
            assert!(cargo.status().unwrap().success(), "the examples do not build");
        });
    }
    assert!(program.exists(), "{} is missing: run `cargo build --examples` first", program.display());
    program
}

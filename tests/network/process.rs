//! A node in a process of its own.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;

use crate::child::{ANSWER, Ask, ROLE, Role};
use crate::ledger::micros;

/// For whatever is waited for: far more than anything takes, so that only a hang meets it.
const LIMIT: Duration = Duration::from_secs(60);

/// Killed on drop.
pub(crate) struct Process {
    pub(crate) role: Role,
    child: Child,
    answers: Receiver<String>,
    log: Arc<Mutex<Vec<String>>>,
}

impl Process {
    /// This very program, told to be that node; in a network namespace, if one is named.
    pub(crate) fn start(role: Role, namespace: Option<&str>) -> Self {
        let program = std::env::current_exe().unwrap();
        let mut command = match namespace {
            Some(namespace) => {
                let mut command = Command::new("ip");
                command.args(["netns", "exec", namespace]).arg(program);
                command
            }
            None => Command::new(program),
        };
        // What the developer has set for other nodes must not reach these.
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("SHARD_"))
        {
            command.env_remove(name);
        }
        command
            .args(["--exact", "child::a_node", "--ignored", "--nocapture"])
            .env(ROLE, serde_json::to_string(&role).unwrap())
            .env("RUST_LOG", "info")
            .env("NO_COLOR", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (to, answers) = channel();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                if let Some(answer) = line.strip_prefix(ANSWER) {
                    let _ = to.send(answer.to_owned());
                }
            }
        });
        let log = Arc::new(Mutex::new(Vec::new()));
        let (book, stderr) = (Arc::clone(&log), BufReader::new(child.stderr.take().unwrap()));
        thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                book.lock().unwrap().push(line);
            }
        });
        Self { role, child, answers, log }
    }

    pub(crate) fn name(&self) -> &str {
        &self.role.name
    }

    /// Asks for something that is of this type: see [`Ask`].
    pub(crate) fn ask<T: DeserializeOwned>(&mut self, ask: &Ask) -> T {
        self.tell(ask);
        self.answer()
    }

    /// The first half of that, so that several are asked at once.
    pub(crate) fn tell(&mut self, ask: &Ask) {
        let input = self.child.stdin.as_mut().expect("it is open");
        writeln!(input, "{}", serde_json::to_string(ask).unwrap()).unwrap();
    }

    pub(crate) fn answer<T: DeserializeOwned>(&mut self) -> T {
        match self.answers.recv_timeout(LIMIT) {
            Ok(answer) => serde_json::from_str(&answer).unwrap(),
            Err(error) => panic!("{} does not answer: {error}", self.name()),
        }
    }

    /// `kill -9`. Returns when that was done.
    pub(crate) fn kill(&mut self) -> u64 {
        self.child.kill().unwrap();
        let done = micros();
        self.child.wait().unwrap();
        done
    }

    /// Asks it to end, as an operating system does. Returns when that was.
    pub(crate) fn terminate(&self) -> u64 {
        let asked = micros();
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        asked
    }

    /// Waits for its end, and returns when that was.
    pub(crate) fn wait(&mut self) -> u64 {
        let end = Instant::now() + LIMIT;
        while self.child.try_wait().unwrap().is_none() {
            assert!(Instant::now() < end, "{} does not end", self.name());
            thread::sleep(Duration::from_millis(2));
        }
        micros()
    }

    /// How many lines of its log have all of these texts.
    pub(crate) fn logged(&self, texts: &[&str]) -> usize {
        let log = self.log.lock().unwrap();
        log.iter().filter(|line| texts.iter().all(|text| line.contains(text))).count()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking()
            && let Ok(log) = self.log.lock()
        {
            let from = log.len().saturating_sub(60);
            eprintln!("--- {} logged:\n{}", self.role.name, log[from..].join("\n"));
        }
    }
}

//! The secret that the nodes of one user share on one machine, so that trying things out needs no configuration.

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::error::ConfigError;

const FILE: &str = "development-secret";
const ANEW: &str = "remove it, and a new one is made";
/// Random bytes in a secret; its text has two digits for each.
const BYTES: usize = 32;

/// Where the secret is kept: `$XDG_STATE_HOME/shard`, or else `$HOME/.local/state/shard`.
///
/// # Errors
///
/// `NoSecretDirectory` if neither variable is an absolute path.
pub(crate) fn state_directory(lookup: impl Fn(&str) -> Option<String>) -> Result<PathBuf, ConfigError> {
    // The specification says that a relative path is to be ignored.
    let absolute = |name| lookup(name).map(PathBuf::from).filter(|path| path.is_absolute());
    absolute("XDG_STATE_HOME")
        .or_else(|| absolute("HOME").map(|home| home.join(".local/state")))
        .map(|base| base.join("shard"))
        .ok_or(ConfigError::NoSecretDirectory)
}

/// The development secret in `directory`, which is made now if this is the first node to need it: 64 hexadecimal digits.
///
/// Nodes that start at the same moment get the same one.
///
/// # Errors
///
/// `UnusableSecret` if anybody else could have read or placed it; `SecretFile` with the operating system's reason.
pub(crate) fn development_secret(directory: &Path) -> Result<String, ConfigError> {
    let path = directory.join(FILE);
    let at = |path: &Path| {
        let path = path.to_owned();
        move |error| ConfigError::SecretFile { path, error }
    };
    DirBuilder::new().recursive(true).mode(0o700).create(directory).map_err(at(directory))?;
    let user = user_id(directory).map_err(at(directory))?;
    let metadata = fs::metadata(directory).map_err(at(directory))?;
    check_owner(directory, &metadata, user)?;
    check_mode(directory, &metadata, 0o022, "take their right to write from it")?;
    match read(&path, user) {
        Err(ConfigError::SecretFile { error, .. }) if error.kind() == ErrorKind::NotFound => {
            make(directory, &path).map_err(at(&path))?;
            read(&path, user)
        }
        result => result,
    }
}

/// Makes the file, unless another process is faster.
///
/// It is written under another name first, so that whoever sees it sees all of it, and then linked: unlike a rename, that
/// fails if the name is taken, so the first one wins and everybody reads that one.
fn make(directory: &Path, path: &Path) -> io::Result<()> {
    let draft = directory.join(format!("{FILE}.{}", random_text(8)?));
    let result = new_file(&draft).and_then(|mut file| {
        file.write_all(random_text(BYTES)?.as_bytes())?;
        file.write_all(b"\n")?;
        file.sync_all()?;
        match fs::hard_link(&draft, path) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
            _ => Ok(()),
        }
    });
    // A draft that stays behind does no harm.
    let _ = fs::remove_file(&draft);
    result
}

fn new_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

fn read(path: &Path, user: u32) -> Result<String, ConfigError> {
    let failed = |error| ConfigError::SecretFile { path: path.to_owned(), error };
    let file = File::open(path).map_err(failed)?;
    // Asked of the open file and not of the path, which may be another file by now.
    let metadata = file.metadata().map_err(failed)?;
    check_owner(path, &metadata, user)?;
    check_mode(path, &metadata, 0o077, ANEW)?;
    let mut text = String::new();
    file.take(4096).read_to_string(&mut text).map_err(failed)?;
    let text = text.trim();
    if text.len() != 2 * BYTES || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Err(unusable(path, "is not 64 hexadecimal digits", ANEW));
    }
    Ok(text.to_owned())
}

fn check_owner(path: &Path, metadata: &Metadata, user: u32) -> Result<(), ConfigError> {
    if metadata.uid() == user {
        return Ok(());
    }
    let problem = format!("belongs to user {} and not to user {user}, as whom this runs", metadata.uid());
    Err(unusable(path, problem, "remove it"))
}

fn check_mode(
    path: &Path,
    metadata: &Metadata,
    forbidden: u32,
    help: &'static str,
) -> Result<(), ConfigError> {
    let mode = metadata.mode() & 0o777;
    if mode & forbidden == 0 {
        return Ok(());
    }
    Err(unusable(path, format!("is open to other users (mode {mode:o})"), help))
}

fn unusable(path: &Path, problem: impl Into<String>, help: &'static str) -> ConfigError {
    ConfigError::UnusableSecret { path: path.to_owned(), problem: problem.into(), help }
}

/// The user that this process runs as. Without `unsafe` there is no asking; what the process owns tells.
fn user_id(directory: &Path) -> io::Result<u32> {
    if let Ok(metadata) = fs::metadata("/proc/self") {
        return Ok(metadata.uid());
    }
    let probe = directory.join(format!("probe.{}", random_text(8)?));
    let user = new_file(&probe).and_then(|file| file.metadata()).map(|metadata| metadata.uid());
    let _ = fs::remove_file(&probe);
    user
}

fn random_text(bytes: usize) -> io::Result<String> {
    let mut random = vec![0; bytes];
    getrandom::fill(&mut random).map_err(io::Error::from)?;
    Ok(random.iter().fold(String::with_capacity(2 * bytes), |text, byte| text + &format!("{byte:02x}")))
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;
    use std::sync::{Arc, Barrier};
    use std::thread;

    use super::*;

    /// A directory of the test's own, gone when the test is over.
    struct Scratch(PathBuf);

    impl Scratch {
        fn new() -> Self {
            let path = std::env::temp_dir().join(format!("shard-test-{}", random_text(8).unwrap()));
            DirBuilder::new().mode(0o700).create(&path).unwrap();
            Self(path)
        }

        fn directory(&self) -> PathBuf {
            self.0.join("state/shard")
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().mode() & 0o777
    }

    #[test]
    fn is_made_once_for_this_user_only() {
        let scratch = Scratch::new();
        let secret = development_secret(&scratch.directory()).unwrap();
        assert_eq!(secret.len(), 64);
        assert_eq!(development_secret(&scratch.directory()).unwrap(), secret);
        assert_eq!(mode(&scratch.directory()), 0o700);
        assert_eq!(mode(&scratch.directory().join(FILE)), 0o600);
        assert_ne!(development_secret(&Scratch::new().directory()).unwrap(), secret);
    }

    #[test]
    fn is_the_same_for_all_that_start_at_once() {
        let scratch = Scratch::new();
        for round in 0..20 {
            let directory = scratch.directory().join(round.to_string());
            let start = Arc::new(Barrier::new(16));
            let threads: Vec<_> = (0..16)
                .map(|_| {
                    let (directory, start) = (directory.clone(), Arc::clone(&start));
                    thread::spawn(move || {
                        start.wait();
                        development_secret(&directory).unwrap()
                    })
                })
                .collect();
            let mut secrets: Vec<String> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
            secrets.dedup();
            assert_eq!(secrets.len(), 1);
            assert_eq!(fs::read_dir(&directory).unwrap().count(), 1, "no draft stays behind");
        }
    }

    #[test]
    fn m68_is_refused_if_others_could_read_or_replace_it() {
        let scratch = Scratch::new();
        let secret = development_secret(&scratch.directory()).unwrap();
        let file = scratch.directory().join(FILE);
        for (path, open, right) in [(&file, 0o640, 0o600), (&scratch.directory(), 0o770, 0o700)] {
            fs::set_permissions(path, Permissions::from_mode(open)).unwrap();
            let error = development_secret(&scratch.directory()).unwrap_err();
            assert!(matches!(error, ConfigError::UnusableSecret { .. }));
            let text = error.to_string();
            assert!(text.contains("other users") && text.contains("SHARD_SECRET"), "{text}");
            assert!(!text.contains(&secret));
            fs::set_permissions(path, Permissions::from_mode(right)).unwrap();
        }
        assert_eq!(development_secret(&scratch.directory()).unwrap(), secret);
    }

    #[test]
    fn m68_is_refused_if_it_belongs_to_somebody_else() {
        let scratch = Scratch::new();
        let metadata = fs::metadata(&scratch.0).unwrap();
        assert!(check_owner(&scratch.0, &metadata, metadata.uid()).is_ok());
        let error = check_owner(&scratch.0, &metadata, metadata.uid() + 1).unwrap_err();
        assert!(error.to_string().contains("belongs to user"), "{error}");
        assert_eq!(user_id(&scratch.0).unwrap(), metadata.uid());
    }

    #[test]
    fn m68_is_refused_if_it_is_not_one() {
        let scratch = Scratch::new();
        development_secret(&scratch.directory()).unwrap();
        for wrong in ["", "short", &"x".repeat(64), &"0".repeat(65)] {
            fs::write(scratch.directory().join(FILE), wrong).unwrap();
            let error = development_secret(&scratch.directory()).unwrap_err();
            assert!(error.to_string().contains("64 hexadecimal digits"), "{error}");
        }
    }

    #[test]
    fn is_kept_where_the_user_keeps_state() {
        let directory = |state: Option<&str>, home: Option<&str>| {
            state_directory(|name| {
                let value = if name == "HOME" { home } else { state };
                value.map(str::to_owned)
            })
        };
        assert_eq!(directory(Some("/s"), Some("/h")).unwrap(), Path::new("/s/shard"));
        for ignored in [None, Some(""), Some("relative")] {
            assert_eq!(directory(ignored, Some("/h")).unwrap(), Path::new("/h/.local/state/shard"));
            let error = directory(ignored, ignored).unwrap_err().to_string();
            assert!(error.contains("SHARD_SECRET"), "{error}");
        }
    }
}

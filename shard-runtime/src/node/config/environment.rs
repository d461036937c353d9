//! What the environment says.

use std::env;

use super::error::ConfigError;
use super::quantity::{DURATION_EXPECTED, SIZE_EXPECTED, duration, size};
use super::secret_text::SecretText;
use super::settings::Overlay;

const PREFIX: &str = "SHARD_";

/// Every variable that means something.
const KNOWN: [&str; 12] = [
    "SHARD_ADVERTISE",
    "SHARD_CALL_DEADLINE",
    "SHARD_DISCOVERY",
    "SHARD_DRAIN_DEADLINE",
    "SHARD_INTERFACE",
    "SHARD_LISTEN",
    "SHARD_MESSAGE_LIMIT",
    "SHARD_NODE",
    "SHARD_PEERS",
    "SHARD_ROLES",
    "SHARD_SECRET",
    "SHARD_SECRET_PREVIOUS",
];

/// What this process's environment says.
///
/// # Errors
///
/// As for [`environment`].
pub(crate) fn process_environment() -> Result<Overlay, ConfigError> {
    let names = env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    environment(names, |name| env::var_os(name).map(|value| value.to_string_lossy().into_owned()))
}

/// What an environment says that has variables of these `names`. A variable that is empty says nothing.
///
/// # Errors
///
/// `UnknownVariable` for a `SHARD_*` variable that means nothing: a misspelt setting would otherwise be a default that
/// nobody notices. `Malformed` for a value that cannot be understood.
pub(crate) fn environment(
    names: impl Iterator<Item = String>,
    lookup: impl Fn(&str) -> Option<String>,
) -> Result<Overlay, ConfigError> {
    for name in names {
        let ours = name.starts_with(PREFIX) && !KNOWN.contains(&name.as_str());
        if ours && !is_service_link(&name, &lookup(&name).unwrap_or_default()) {
            return Err(ConfigError::UnknownVariable { name, known: KNOWN.join(", ") });
        }
    }
    let text = |name| lookup(name).filter(|value| !value.trim().is_empty());
    let word = |name| text(name).map(|value| value.trim().to_owned());
    let secret = |name| text(name).map(SecretText::new);
    Ok(Overlay {
        name: word("SHARD_NODE"),
        listen: word("SHARD_LISTEN"),
        advertise: word("SHARD_ADVERTISE"),
        interface: word("SHARD_INTERFACE"),
        peers: word("SHARD_PEERS").map(|value| list(&value)),
        discovery: word("SHARD_DISCOVERY").map(|value| value.parse()).transpose()?,
        roles: word("SHARD_ROLES").map(|value| list(&value)),
        secret: secret("SHARD_SECRET"),
        previous_secret: secret("SHARD_SECRET_PREVIOUS"),
        call_deadline: parsed(word, "SHARD_CALL_DEADLINE", duration, DURATION_EXPECTED)?,
        drain_deadline: parsed(word, "SHARD_DRAIN_DEADLINE", duration, DURATION_EXPECTED)?,
        message_limit: parsed(word, "SHARD_MESSAGE_LIMIT", size, SIZE_EXPECTED)?,
    })
}

fn parsed<T>(
    word: impl Fn(&'static str) -> Option<String>,
    setting: &'static str,
    parse: impl Fn(&str) -> Option<T>,
    expected: &'static str,
) -> Result<Option<T>, ConfigError> {
    let Some(value) = word(setting) else {
        return Ok(None);
    };
    match parse(&value) {
        Some(parsed) => Ok(Some(parsed)),
        None => Err(ConfigError::Malformed { setting, value, expected }),
    }
}

fn list(value: &str) -> Vec<String> {
    value.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
}

/// Whether Kubernetes or Docker set the variable because a service is called `shard` or `shard-something`. Nobody wrote
/// it, so it must not keep a node from starting.
fn is_service_link(name: &str, value: &str) -> bool {
    name.ends_with("_SERVICE_HOST")
        || name.contains("_SERVICE_PORT")
        || name.contains("_PORT_")
        || (name.ends_with("_PORT") && value.contains("://"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::discovery::Discovery;

    fn read(variables: &[(&str, &str)]) -> Result<Overlay, ConfigError> {
        environment(variables.iter().map(|(name, _)| (*name).to_owned()), |wanted| {
            variables.iter().find(|(name, _)| *name == wanted).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn m78_every_variable_is_read() {
        let overlay = read(&[
            ("SHARD_NODE", "node-1"),
            ("SHARD_LISTEN", "0.0.0.0:7400"),
            ("SHARD_ADVERTISE", "game.example"),
            ("SHARD_INTERFACE", "eth0"),
            ("SHARD_PEERS", "a:1, b:2,,"),
            ("SHARD_DISCOVERY", " dns://game.svc:7400 "),
            ("SHARD_ROLES", "match, lobby"),
            ("SHARD_SECRET", "new"),
            ("SHARD_SECRET_PREVIOUS", "old"),
            ("SHARD_CALL_DEADLINE", "250ms"),
            ("SHARD_DRAIN_DEADLINE", "2m"),
            ("SHARD_MESSAGE_LIMIT", "2MiB"),
            ("HOME", "/root"),
        ])
        .unwrap();
        let expected = Overlay {
            name: Some("node-1".into()),
            listen: Some("0.0.0.0:7400".into()),
            advertise: Some("game.example".into()),
            interface: Some("eth0".into()),
            peers: Some(vec!["a:1".into(), "b:2".into()]),
            discovery: Some(Discovery::dns("game.svc", 7400)),
            roles: Some(vec!["match".into(), "lobby".into()]),
            secret: Some(SecretText::new("new")),
            previous_secret: Some(SecretText::new("old")),
            call_deadline: Some(Duration::from_millis(250)),
            drain_deadline: Some(Duration::from_secs(120)),
            message_limit: Some(2 << 20),
        };
        assert_eq!(overlay, expected);
    }

    #[test]
    fn an_empty_variable_says_nothing() {
        let overlay = read(&[("SHARD_NODE", ""), ("SHARD_PEERS", " "), ("SHARD_CALL_DEADLINE", "")]);
        assert_eq!(overlay.unwrap(), Overlay::default());
    }

    #[test]
    fn m68_an_unknown_variable_is_refused_with_the_known_ones() {
        let error = read(&[("SHARD_ADVERTISED", "x")]).unwrap_err().to_string();
        assert!(error.contains("`SHARD_ADVERTISED`"), "{error}");
        for known in KNOWN {
            assert!(error.contains(known), "{error}");
        }
    }

    #[test]
    fn the_links_of_a_service_called_shard_are_passed_over() {
        let overlay = read(&[
            ("SHARD_SERVICE_HOST", "10.0.0.1"),
            ("SHARD_SERVICE_PORT_RPC", "7400"),
            ("SHARD_PORT", "tcp://10.0.0.1:7400"),
            ("SHARD_PORT_7400_TCP_ADDR", "10.0.0.1"),
            ("SHARD_WEB_PORT", "tcp://10.0.0.2:80"),
        ]);
        assert_eq!(overlay.unwrap(), Overlay::default());
        assert!(read(&[("SHARD_PORT", "7400")]).is_err());
    }

    #[test]
    fn m68_a_malformed_value_is_named_with_what_was_expected() {
        for (name, value, expected) in [
            ("SHARD_CALL_DEADLINE", "5", "`250ms`"),
            ("SHARD_DRAIN_DEADLINE", "soon", "`2m`"),
            ("SHARD_MESSAGE_LIMIT", "1MB", "`1MiB`"),
            ("SHARD_DISCOVERY", "etcd://a:1", "known are `single`"),
            ("SHARD_DISCOVERY", "dns://game", "a name and the port"),
        ] {
            let error = read(&[("SHARD_SECRET", "hush"), (name, value)]).unwrap_err().to_string();
            for part in [name, value, expected] {
                assert!(error.contains(part), "{error}");
            }
            assert!(!error.contains("hush"));
        }
    }
}

//! What the environment says.

use std::env;

use super::error::ConfigError;
use super::quantity::{DURATION_EXPECTED, SIZE_EXPECTED, duration, size};
use super::secret_text::SecretText;
use super::settings::Overlay;
#[cfg(feature = "tls")]
use crate::transport::Tls;

const PREFIX: &str = "SHARD_";

/// The files of the node's certificates.
const TLS: [&str; 3] = ["SHARD_TLS_CA", "SHARD_TLS_CERT", "SHARD_TLS_KEY"];

/// Every variable that means something.
const KNOWN: [&str; 15] = [
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
    "SHARD_TLS_CA",
    "SHARD_TLS_CERT",
    "SHARD_TLS_KEY",
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
    #[cfg(not(feature = "tls"))]
    if let Some(name) = TLS.into_iter().find(|name| lookup(name).is_some_and(|value| !value.is_empty())) {
        return Err(ConfigError::MissingFeature { setting: name, feature: "tls" });
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
        #[cfg(feature = "tls")]
        tls: tls(text)?,
    })
}

/// The files of the node's certificates: all three, or none.
#[cfg(feature = "tls")]
fn tls(text: impl Fn(&'static str) -> Option<String>) -> Result<Option<Tls>, ConfigError> {
    match TLS.map(text) {
        [Some(ca), Some(certificate), Some(key)] => Ok(Some(Tls::from_pem_files(ca, certificate, key))),
        [None, None, None] => Ok(None),
        given => {
            let missing = TLS.into_iter().zip(given).filter(|(_, path)| path.is_none()).map(|(name, _)| name);
            Err(ConfigError::IncompleteTls { missing: missing.collect::<Vec<_>>().join("` and `") })
        }
    }
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
            #[cfg(feature = "tls")]
            tls: None,
        };
        assert_eq!(overlay, expected);
    }

    const FILES: [(&str, &str); 3] =
        [("SHARD_TLS_CA", "/ca"), ("SHARD_TLS_CERT", "node.pem"), ("SHARD_TLS_KEY", "node key")];

    #[cfg(not(feature = "tls"))]
    #[test]
    fn m68_without_the_feature_its_variables_say_what_is_missing() {
        for file in FILES {
            let error = read(&[file]).unwrap_err().to_string();
            assert!(error.contains(file.0) && error.contains("feature `tls`"), "{error}");
            assert_eq!(read(&[(file.0, "")]).unwrap(), Overlay::default());
        }
    }

    #[cfg(feature = "tls")]
    #[test]
    fn m78_certificates_are_three_files_or_none() {
        let tls = Some(Tls::from_pem_files("/ca", "node.pem", "node key"));
        assert_eq!(read(&FILES).unwrap(), Overlay { tls, ..Overlay::default() });
        for (some, missing) in [
            (&FILES[..1], "`SHARD_TLS_CERT` and `SHARD_TLS_KEY`"),
            (&FILES[..2], "`SHARD_TLS_KEY`"),
            (&FILES[1..], "`SHARD_TLS_CA`"),
        ] {
            let error = read(some).unwrap_err().to_string();
            assert!(error.contains(missing), "{error}");
        }
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
            let error = read(&[("SHARD_SECRET", "hush"), (name, value)]).unwrap_err().whole();
            for part in [name, value, expected] {
                assert!(error.contains(part), "{error}");
            }
            assert!(!error.contains("hush"));
        }
    }
}

//! The certificates that are in use, and when they are read again.

use std::error::Error as _;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use arc_swap::ArcSwap;
use rustls::pki_types::UnixTime;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep};

use super::changes::Changes;
use super::credentials::Credentials;
use super::error::TlsError;
use super::setting::{Stamps, Tls};

/// How often files are looked at.
const EVERY: Duration = Duration::from_secs(1);

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A certificate that ends sooner than this is spoken of: when it is read, and once a day.
const SOON: Duration = DAY.saturating_mul(14);

/// Keeps the certificates of one node.
#[derive(Debug)]
pub(crate) struct Keeper {
    setting: Tls,
    /// What the files were like before they were read for the first time.
    first: Stamps,
    current: ArcSwap<Credentials>,
    /// Where others dial this node.
    advertised: OnceLock<String>,
}

#[cfg(test)]
impl Keeper {
    /// Uses certificates that would not be.
    pub(crate) fn force(&self, tls: &Tls) {
        self.current.store(Arc::new(Credentials::unchecked(tls).unwrap()));
    }

    /// Has it speak something else inside of TLS, or nothing in particular.
    pub(super) fn speak(&self, protocol: &[u8]) {
        self.current.store(Arc::new(self.current.load().speaking(protocol)));
    }
}

impl Keeper {
    /// Reads the certificates for the first time.
    ///
    /// # Errors
    ///
    /// When they cannot be used.
    pub(crate) fn new(setting: Tls) -> Result<Arc<Self>, TlsError> {
        let first = setting.stamps();
        let current = Credentials::load(&setting, UnixTime::now())?;
        warn_of_the_end(&current);
        let current = ArcSwap::from_pointee(current);
        Ok(Arc::new(Self { setting, first, current, advertised: OnceLock::new() }))
    }

    /// Sees to it that others can dial this node at `address`, with these certificates and with all that follow.
    ///
    /// # Errors
    ///
    /// When the node's certificate is not for that host.
    pub(crate) fn advertise(&self, address: &str) -> Result<(), TlsError> {
        let address = self.advertised.get_or_init(|| address.to_owned());
        self.current.load().check_for(address)
    }

    /// What a handshake is to use that begins now.
    pub(super) fn current(&self) -> Arc<Credentials> {
        self.current.load_full()
    }

    /// Reads the files again each time that they have changed, and warns before the certificate ends, for ever.
    pub(crate) async fn keep_fresh(self: Arc<Self>) {
        let warning = async {
            loop {
                sleep(DAY).await;
                warn_of_the_end(&self.current());
            }
        };
        tokio::join!(self.follow(UnixTime::now), warning);
    }

    /// `clock` says at what time certificates have to be valid.
    pub(super) async fn follow(self: &Arc<Self>, clock: impl Fn() -> UnixTime) {
        if !self.setting.is_in_files() {
            return;
        }
        let mut changes = Changes::new(self.first);
        loop {
            sleep(EVERY).await;
            let Some(found) = self.stamps().await else { continue };
            if !changes.look(found, Instant::now().into_std()) {
                continue;
            }
            let (keeper, now) = (Arc::clone(self), clock());
            let read = spawn_blocking(move || keeper.read_again(now)).await;
            let read = read.map_err(|error| error.to_string());
            match read.and_then(|read| read.map_err(|error| shown(&error))) {
                Ok(()) => {
                    changes.taken();
                    tracing::info!("the certificates have changed, and new links use the new ones");
                    warn_of_the_end(&self.current());
                }
                Err(error) => {
                    if changes.failed(error.clone(), Instant::now().into_std()) {
                        tracing::error!(
                            error,
                            "the certificates have changed and cannot be used; those before stay in use, and these are tried again"
                        );
                    }
                }
            }
        }
    }

    fn read_again(&self, now: UnixTime) -> Result<(), TlsError> {
        let new = Credentials::load(&self.setting, now)?;
        if let Some(address) = self.advertised.get() {
            new.check_for(address)?;
        }
        self.current.store(Arc::new(new));
        Ok(())
    }

    async fn stamps(&self) -> Option<Stamps> {
        let setting = self.setting.clone();
        // Away from the runtime's threads: files may be on a disk that is far away.
        spawn_blocking(move || setting.stamps()).await.ok()
    }
}

/// What is wrong and why, in one line.
fn shown(error: &TlsError) -> String {
    match error.source() {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}

fn warn_of_the_end(credentials: &Credentials) {
    let Some(left) = credentials.left(UnixTime::now(), SOON) else { return };
    let certificate = credentials.place();
    if left.is_zero() {
        tracing::error!(
            certificate,
            "the node's certificate has expired, and others refuse new links with it"
        );
    } else {
        let days = left.as_secs() / DAY.as_secs();
        tracing::warn!(
            certificate,
            days,
            "the node's certificate ends soon: others refuse new links with it after these days"
        );
    }
}

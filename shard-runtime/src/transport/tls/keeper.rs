//! The certificates that are in use, and when they are read again.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use arc_swap::ArcSwap;
use rustls::pki_types::UnixTime;
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use super::credentials::Credentials;
use super::error::TlsError;
use super::setting::{Stamp, Tls};

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
    first: [Stamp; 3],
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
        let current = Credentials::load(&setting)?;
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
        tokio::join!(self.follow(), warning);
    }

    async fn follow(self: &Arc<Self>) {
        if !self.setting.is_in_files() {
            return;
        }
        let mut in_use = Some(self.first);
        loop {
            sleep(EVERY).await;
            let found = self.stamps().await;
            if found == in_use {
                continue;
            }
            // Whoever replaces three files does so one after another: what is read is what has been still for a while.
            sleep(EVERY).await;
            if self.stamps().await != found {
                continue;
            }
            in_use = found;
            let keeper = Arc::clone(self);
            match spawn_blocking(move || keeper.read_again()).await {
                Ok(Ok(())) => {
                    tracing::info!("the certificates have changed, and new links use the new ones");
                    warn_of_the_end(&self.current());
                }
                Ok(Err(error)) => {
                    tracing::error!(%error, "the certificates have changed and cannot be used; those before stay in use");
                }
                Err(error) => tracing::error!(%error, "the certificates could not be read again"),
            }
        }
    }

    fn read_again(&self) -> Result<(), TlsError> {
        let new = Credentials::load(&self.setting)?;
        if let Some(address) = self.advertised.get() {
            new.check_for(address)?;
        }
        self.current.store(Arc::new(new));
        Ok(())
    }

    async fn stamps(&self) -> Option<[Stamp; 3]> {
        let setting = self.setting.clone();
        // Away from the runtime's threads: files may be on a disk that is far away.
        spawn_blocking(move || setting.stamps()).await.ok()
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

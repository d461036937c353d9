//! Accepting again after an error.

use std::fmt::Display;
use std::io;
use std::time::Duration;

use tokio::time::sleep;
use tracing::warn;

const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Calls `accept` until it succeeds, with a pause after each error: 10 ms, doubling to 1 s.
///
/// Without the pause a process at its limit of file descriptors spins, as the connection that it cannot take stays ready.
/// One line is logged for a whole sequence of errors: the limit is no time to fill a disk with logs.
pub(super) async fn until_accepted<T, F>(address: &(impl Display + Sync), mut accept: impl FnMut() -> F) -> T
where
    F: Future<Output = io::Result<T>>,
{
    let mut pause = FIRST_PAUSE;
    loop {
        match accept().await {
            Ok(accepted) => return accepted,
            Err(error) => {
                if pause == FIRST_PAUSE {
                    warn!(%address, %error, "cannot accept a connection; trying again");
                }
                sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn backs_off_from_10_ms_doubling_to_1_s_and_never_gives_up() {
        let mut attempts = Vec::new();
        let start = Instant::now();
        until_accepted(&"here", || {
            attempts.push(start.elapsed().as_millis());
            let done = attempts.len() == 11;
            async move { if done { Ok(()) } else { Err(io::Error::other("too many open files")) } }
        })
        .await;
        let pauses: Vec<u128> = attempts.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert_eq!(pauses, [10, 20, 40, 80, 160, 320, 640, 1000, 1000, 1000], "pauses in ms");
    }

    #[tokio::test(start_paused = true)]
    async fn starts_again_from_10_ms_after_a_success() {
        for _ in 0..2 {
            let mut attempts = 0;
            let start = Instant::now();
            until_accepted(&"here", || {
                attempts += 1;
                let done = attempts == 3;
                async move {
                    if done {
                        Ok(())
                    } else {
                        Err(io::Error::from(io::ErrorKind::ConnectionAborted))
                    }
                }
            })
            .await;
            assert_eq!(start.elapsed().as_millis(), 30);
        }
    }
}

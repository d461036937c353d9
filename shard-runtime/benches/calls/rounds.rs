//! Taking turns, so that what the machine does beside is in all of them.

/// What each gave in each round but the first, which is for warming up.
pub(crate) async fn rounds<T>(
    count: usize,
    mut limit: impl AsyncFnMut() -> T,
    mut ours: impl AsyncFnMut() -> T,
) -> Vec<(T, T)> {
    let mut pairs = Vec::new();
    for round in 0..=count {
        let pair = (limit().await, ours().await);
        if round > 0 {
            pairs.push(pair);
        }
    }
    pairs
}

/// The one in the middle.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

//! What is measured in one round, and how the rounds are joined.

/// Many calls at a time.
#[derive(Clone, Copy)]
pub(crate) struct Throughput {
    /// Thousands of calls in a second.
    pub(crate) rate: f64,
    /// What both processes spent on a call, in microseconds of a core.
    pub(crate) cpu: f64,
}

#[derive(Clone, Copy)]
pub(crate) struct Figures {
    /// Microseconds, with one call in flight.
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    /// What both processes spent on such a call: unlike the two above, it does not grow with other work on the machine.
    pub(crate) alone_cpu: f64,
    /// With 64 calls in flight.
    pub(crate) few: Throughput,
    /// With 512 calls in flight.
    pub(crate) many: Throughput,
    /// Millions of bytes in a second, there and back, in messages of 64 KiB.
    pub(crate) megabytes: f64,
}

/// The head of a column, and where its figure is found.
type Column = (&'static str, fn(&Figures) -> f64);

pub(crate) const COLUMNS: [Column; 8] = [
    ("p50, µs", |figures| figures.p50),
    ("p99, µs", |figures| figures.p99),
    ("1: CPU µs", |figures| figures.alone_cpu),
    ("64: k/s", |figures| figures.few.rate),
    ("64: CPU µs", |figures| figures.few.cpu),
    ("512: k/s", |figures| figures.many.rate),
    ("512: CPU µs", |figures| figures.many.cpu),
    ("64 KiB: MB/s", |figures| figures.megabytes),
];

pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values = values.into_iter().collect::<Vec<_>>();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

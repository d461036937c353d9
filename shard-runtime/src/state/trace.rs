use core::fmt::{self, Write as _};
use std::sync::Arc;

use crate::wire::cursor::{Malformed, Reader, Write};

/// Where a call stands in a distributed trace: the identity of the trace and of the caller's span in it, as
/// [W3C Trace Context](https://www.w3.org/TR/trace-context/) has them.
///
/// What comes in as the headers `traceparent` and `tracestate` goes on with every call that is made on its behalf, and
/// can go out as such headers again, so that spans on both sides of a call belong to one trace. Nothing is recorded
/// here; that is up to your tracing library, which this type does not know.
///
/// # Example
///
/// ```
/// use shard_runtime::TraceContext;
///
/// let trace = TraceContext::parse(
///     "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
///     Some("rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"),
/// )?;
/// assert!(trace.is_sampled());
/// assert_eq!(trace.span_id(), [0x00, 0xf0, 0x67, 0xaa, 0x0b, 0xa9, 0x02, 0xb7]);
/// let trace_id = u128::from_be_bytes(trace.trace_id());
/// assert_eq!(format!("{trace_id:032x}"), "4bf92f3577b34da6a3ce929d0e0e4736");
/// assert_eq!(trace.traceparent(), "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
/// assert_eq!(trace.tracestate(), Some("rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"));
/// # Ok::<(), shard_runtime::TraceError>(())
/// ```
///
/// Cloning is cheap (a reference count).
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct TraceContext {
    /// Not all zero.
    trace_id: [u8; 16],
    /// Not all zero.
    span_id: [u8; 8],
    /// Of [`KNOWN`] alone.
    flags: u8,
    /// Well-formed and not empty.
    state: Option<Arc<str>>,
}

/// A text is no `traceparent` that counts. As the standard has it, the call then begins a new trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TraceError {
    /// It is not made as a `traceparent` is.
    #[error("a traceparent is `00-<32 digits>-<16 digits>-<2 digits>`, hexadecimal and in lower case")]
    Malformed,
    /// It has version `ff`, which there will never be.
    #[error("`ff` is no version of a traceparent")]
    Version,
    /// The id of the trace, or that of the span, is zero.
    #[error("the id of a trace or a span is not zero")]
    ZeroId,
}

/// Flag: the caller may have recorded its span.
const SAMPLED: u8 = 1;
/// Flag: the last seven bytes of the trace's id are random.
const RANDOM: u8 = 1 << 1;
/// The flags that version 00 has. All others are set to zero, as it demands.
const KNOWN: u8 = SAMPLED | RANDOM;

/// The longest `tracestate` that is carried, in bytes: as much as the standard wants carried at least.
const MAX_STATE: usize = 512;

impl TraceContext {
    /// Reads the values of the headers `traceparent` and `tracestate`, without white space around the first. Several
    /// `tracestate` headers are one, joined with commas.
    ///
    /// A `traceparent` of a version later than `00` is read as far as version `00` goes, and goes on as `00`. A
    /// `tracestate` that is malformed, has more than 32 entries or is longer than 512 bytes is left out, the whole of
    /// it; any other is carried as it is.
    ///
    /// # Errors
    ///
    /// When `traceparent` is none: [`TraceError::Malformed`], [`TraceError::Version`] or [`TraceError::ZeroId`].
    pub fn parse(traceparent: &str, tracestate: Option<&str>) -> Result<Self, TraceError> {
        let (version, rest) = field::<1>(traceparent.as_bytes())?;
        if version == [0xff] {
            return Err(TraceError::Version);
        }
        let (trace_id, rest) = field::<16>(dash(rest)?)?;
        let (span_id, rest) = field::<8>(dash(rest)?)?;
        let ([flags], rest) = field::<1>(dash(rest)?)?;
        let flags = match (version, rest) {
            ([0], []) => flags & KNOWN,
            ([0], _) => return Err(TraceError::Malformed),
            // What else a later version says by its flags is not for us to know.
            (_, [] | [b'-', ..]) => flags & SAMPLED,
            _ => return Err(TraceError::Malformed),
        };
        if trace_id == [0; 16] || span_id == [0; 8] {
            return Err(TraceError::ZeroId);
        }
        Ok(Self { trace_id, span_id, flags, state: tracestate.and_then(state) })
    }

    /// The value of a `traceparent` header, of version `00`: 55 characters. Also what [`Display`](fmt::Display) and
    /// [`Debug`] give.
    pub fn traceparent(&self) -> String {
        self.to_string()
    }

    /// The value of the `tracestate` header that goes with it: what tracing systems on the way have added, as it came.
    pub fn tracestate(&self) -> Option<&str> {
        self.state.as_deref()
    }

    /// The id of the trace, its 16 bytes in the order in which they are written. Not zero.
    pub fn trace_id(&self) -> [u8; 16] {
        self.trace_id
    }

    /// The id of the caller's span, which the standard calls `parent-id`, its 8 bytes in the order in which they are
    /// written. Not zero.
    pub fn span_id(&self) -> [u8; 8] {
        self.span_id
    }

    /// Whether the caller may have recorded its span, and so wants the others of the trace to be.
    pub fn is_sampled(&self) -> bool {
        self.flags & SAMPLED != 0
    }

    /// The same trace, from within another span: a random id.
    pub(crate) fn child(&self, span_id: [u8; 8]) -> Self {
        Self { span_id: never_zero(span_id), ..self.clone() }
    }

    /// The beginning of a trace of which nothing is recorded yet. Both ids are random.
    pub(crate) fn root(trace_id: [u8; 16], span_id: [u8; 8]) -> Self {
        Self { trace_id: never_zero(trace_id), span_id: never_zero(span_id), flags: RANDOM, state: None }
    }

    /// Appends what a call's head carries, at most [`MAX_TRACE`](crate::wire::call::MAX_TRACE) bytes: trace id, span
    /// id, flags, and the `tracestate` up to the end.
    pub(crate) fn to_wire(&self, out: &mut Vec<u8>) {
        out.put(&self.trace_id);
        out.put(&self.span_id);
        out.u8(self.flags);
        out.put(self.state.as_deref().unwrap_or_default().as_bytes());
    }

    /// Reads what a call's head carried. Flags that are not known and a `tracestate` that is none are left out, here
    /// as in headers: a later version may know better.
    pub(crate) fn from_wire(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(bytes);
        let (trace_id, span_id, flags) = (reader.array()?, reader.array()?, reader.u8()?);
        if trace_id == [0; 16] || span_id == [0; 8] {
            return Err(Malformed);
        }
        let state = core::str::from_utf8(reader.rest()).ok().and_then(state);
        Ok(Self { trace_id, span_id, flags: flags & KNOWN, state })
    }
}

impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("00-")?;
        hex(f, &self.trace_id)?;
        f.write_char('-')?;
        hex(f, &self.span_id)?;
        write!(f, "-{:02x}", self.flags)
    }
}

impl fmt::Debug for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn hex(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}

/// Zero is no id. It is drawn once in 2^64 times.
fn never_zero<const N: usize>(mut id: [u8; N]) -> [u8; N] {
    if id == [0; N]
        && let Some(last) = id.last_mut()
    {
        *last = 1;
    }
    id
}

/// Takes `N` bytes in hexadecimal digits off the front.
fn field<const N: usize>(text: &[u8]) -> Result<([u8; N], &[u8]), TraceError> {
    let (digits, rest) = text.split_at_checked(2 * N).ok_or(TraceError::Malformed)?;
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = pair
            .iter()
            .try_fold(0, |byte, digit| Some(byte << 4 | nibble(*digit)?))
            .ok_or(TraceError::Malformed)?;
    }
    Ok((bytes, rest))
}

fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

fn dash(text: &[u8]) -> Result<&[u8], TraceError> {
    text.strip_prefix(b"-").ok_or(TraceError::Malformed)
}

/// A `tracestate` that can be carried as it is.
fn state(text: &str) -> Option<Arc<str>> {
    let entries = || text.split(',').map(|entry| entry.trim_matches([' ', '\t']));
    let is_carried = text.len() <= MAX_STATE
        && entries().count() <= 32
        && entries().all(|entry| entry.is_empty() || is_entry(entry))
        && entries().any(|entry| !entry.is_empty());
    is_carried.then(|| Arc::from(text))
}

fn is_entry(entry: &str) -> bool {
    let Some((key, value)) = entry.split_once('=') else { return false };
    let begins = |first: u8| first.is_ascii_lowercase() || first.is_ascii_digit();
    let goes_on = |other: u8| begins(other) || b"_-*/@".contains(&other);
    // White space at the end has been cut off: it is none of the value's.
    key.bytes().next().is_some_and(begins)
        && key.bytes().all(goes_on)
        && key.len() <= 256
        && (1..=256).contains(&value.len())
        && value.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'=')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::wire::call::MAX_TRACE;

    const PARENT: &str = "00-12345678901234567890123456789012-1234567890123456-01";

    fn parse(traceparent: &str) -> Result<String, TraceError> {
        TraceContext::parse(traceparent, None).map(|trace| trace.traceparent())
    }

    fn carried(tracestate: &str) -> bool {
        let trace = TraceContext::parse(PARENT, Some(tracestate)).unwrap();
        assert!(trace.tracestate().is_none_or(|carried| carried == tracestate), "verbatim or not at all");
        trace.tracestate().is_some()
    }

    fn traces() -> impl Strategy<Value = TraceContext> {
        let state = proptest::option::of("[a-z][a-z0-9_*/@-]{0,20}=[!-+./:;<?@A-Za-z~]{1,20}( , ?x=y){0,3}");
        (any::<[u8; 16]>(), any::<[u8; 8]>(), 0..=KNOWN, state).prop_map(|(trace, span, flags, state)| {
            let root = TraceContext::root(trace, span);
            TraceContext { flags, state: state.map(Arc::from), ..root }
        })
    }

    proptest! {
        #[test]
        fn traces_come_back(trace in traces()) {
            let again = TraceContext::parse(&trace.traceparent(), trace.tracestate()).unwrap();
            prop_assert_eq!((again.traceparent(), &again), (trace.traceparent(), &trace));
            let mut out = Vec::new();
            trace.to_wire(&mut out);
            prop_assert_eq!(TraceContext::from_wire(&out).unwrap(), trace);
        }

        #[test]
        fn any_text_is_a_trace_or_refused(parent in "[0-9a-f-]{0,60}", state in "[ -~\t]{0,40}", any in ".{0,60}") {
            let _ = TraceContext::parse(&parent, Some(&any));
            let _ = TraceContext::parse(&any, Some(&state));
            let trace = TraceContext::parse(PARENT, Some(&state)).unwrap();
            prop_assert!(trace.tracestate().is_none_or(|carried| carried == state));
        }

        #[test]
        fn any_bytes_are_a_trace_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            if let Ok(trace) = TraceContext::from_wire(&bytes) {
                let again = TraceContext::parse(&trace.traceparent(), trace.tracestate());
                prop_assert_eq!(again, Ok(trace));
            }
        }
    }

    #[test]
    fn traceparents_of_the_standard() {
        for good in [
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-02",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-03",
            "00-00000000000000000000000000000001-0000000000000001-00",
        ] {
            assert_eq!(parse(good).as_deref(), Ok(good));
        }
        for (given, goes_on) in [
            ("00-12345678901234567890123456789012-1234567890123456-ff", "03"),
            ("00-12345678901234567890123456789012-1234567890123456-08", "00"),
            ("cc-12345678901234567890123456789012-1234567890123456-01", "01"),
            ("01-12345678901234567890123456789012-1234567890123456-02", "00"),
            ("fe-12345678901234567890123456789012-1234567890123456-ff-", "01"),
            ("cc-12345678901234567890123456789012-1234567890123456-01-what-the-future-will-be-like", "01"),
        ] {
            let expected = format!("00-12345678901234567890123456789012-1234567890123456-{goes_on}");
            assert_eq!(parse(given), Ok(expected), "{given}");
        }
    }

    #[test]
    fn what_is_no_traceparent() {
        for malformed in [
            "",
            "00",
            "00-",
            "00-12345678901234567890123456789012-1234567890123456-",
            "00-12345678901234567890123456789012-1234567890123456-0",
            "00-12345678901234567890123456789012-1234567890123456-1",
            "00-12345678901234567890123456789012-1234567890123456-001",
            "00-12345678901234567890123456789012-1234567890123456-01.",
            "00-12345678901234567890123456789012-1234567890123456-01-",
            "00-12345678901234567890123456789012-1234567890123456-01-what-the-future-will-be-like",
            "cc-12345678901234567890123456789012-1234567890123456-01.what-the-future-will-be-like",
            "cc-12345678901234567890123456789012-1234567890123456-011",
            "cc-12345678901234567890123456789012-1234567890123456-0",
            ".0-12345678901234567890123456789012-1234567890123456-01",
            "0.-12345678901234567890123456789012-1234567890123456-01",
            "0-12345678901234567890123456789012-1234567890123456-01",
            "000-12345678901234567890123456789012-1234567890123456-01",
            "0000-12345678901234567890123456789012-1234567890123456-01",
            "00-.2345678901234567890123456789012-1234567890123456-01",
            "00-1234567890123456789012345678901.-1234567890123456-01",
            "00-123456789012345678901234567890123-1234567890123456-01",
            "00-1234567890123456789012345678901-1234567890123456-01",
            "00-12345678901234567890123456789012-.234567890123456-01",
            "00-12345678901234567890123456789012-123456789012345.-01",
            "00-12345678901234567890123456789012-12345678901234567-01",
            "00-12345678901234567890123456789012-123456789012345-01",
            "00-12345678901234567890123456789012-1234567890123456-.0",
            "00-12345678901234567890123456789012-1234567890123456-0.",
            "00-ABCDEF78901234567890123456789012-1234567890123456-01",
            "00-12345678901234567890123456789012-ABCDEF7890123456-01",
            "00-12345678901234567890123456789012-1234567890123456-0A",
            "CC-12345678901234567890123456789012-1234567890123456-01",
            "00_12345678901234567890123456789012_1234567890123456_01",
            " 00-12345678901234567890123456789012-1234567890123456-01",
            "00-12345678901234567890123456789012-1234567890123456-01 ",
            "00-1234567890123456789012345678901ä-1234567890123456-01",
        ] {
            assert_eq!(parse(malformed), Err(TraceError::Malformed), "{malformed}");
        }
        for (zero, error) in [
            ("00-00000000000000000000000000000000-1234567890123456-01", TraceError::ZeroId),
            ("00-12345678901234567890123456789012-0000000000000000-01", TraceError::ZeroId),
            ("ff-12345678901234567890123456789012-1234567890123456-01", TraceError::Version),
        ] {
            assert_eq!(parse(zero), Err(error), "{zero}");
        }
    }

    #[test]
    fn tracestates_that_are_carried() {
        let key = "abcdefghijklmnopqrstuvwxyz0123456789_-*/";
        let value: String = (' '..='~').filter(|char| !",=".contains(*char)).collect();
        let entries = |number| (0..number).map(|n| format!("a{n}=1")).collect::<Vec<_>>().join(",");
        for good in [
            "foo=1",
            "foo=1,bar=2",
            "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE",
            "foo=1,foo=1",
            "foo=1,",
            ",foo=1",
            "foo=1, ,\t,bar=2",
            "foo=1 \t , \t bar=2, \t baz=3",
            "\t foo=1 \t",
            "foo= 1",
            "0foo=1",
            "foo@=1,bar=2",
            "foo@@bar=1,bar=2",
            "foo@bar@baz=1,bar=2",
            &format!("{key}={value}"),
            &format!("{key}@a-z0-9_-*/={value}"),
            &format!("{}={}", "z".repeat(256), "v".repeat(255)),
            &format!("a={}", "v".repeat(256)),
            &entries(32),
        ] {
            assert!(carried(good), "{good}");
        }
        for bad in [
            "",
            " ",
            ",",
            " , \t",
            "foo",
            "foo=",
            "foo= ",
            "=1",
            "foo =1",
            "FOO=1",
            "foo.bar=1",
            "@foo=1,bar=2",
            "_foo=1",
            "foo=1=2",
            "foo=1;bar=2,x",
            "foo=1\u{7f}",
            "foo=1\t2",
            "foo=ä",
            "foo=1\nbar=2",
            &format!("{}=1", "z".repeat(257)),
            &format!("a={}", "v".repeat(257)),
            &format!("{}={}", "z".repeat(256), "v".repeat(256)),
            &entries(33),
        ] {
            assert!(!carried(bad), "{bad}");
        }
    }

    #[test]
    fn children_belong_to_their_parents_trace() {
        let parent = TraceContext::parse(PARENT, Some("foo=1")).unwrap();
        let child = parent.child([7; 8]);
        assert_eq!(child.traceparent(), "00-12345678901234567890123456789012-0707070707070707-01");
        assert_eq!(child.tracestate(), Some("foo=1"));
        assert_eq!(
            format!("{:?}", parent.child([0; 8])),
            "00-12345678901234567890123456789012-0000000000000001-01"
        );
        let root = TraceContext::root([0; 16], [3; 8]);
        assert_eq!(root.to_string(), "00-00000000000000000000000000000001-0303030303030303-02");
        assert!(!root.is_sampled() && root.tracestate().is_none());
    }

    #[test]
    fn the_layout_in_a_call_is_frozen() {
        let trace = TraceContext::parse(PARENT, Some("foo=1")).unwrap();
        let mut out = Vec::new();
        trace.to_wire(&mut out);
        let expected = b"\x12\x34\x56\x78\x90\x12\x34\x56\x78\x90\x12\x34\x56\x78\x90\x12\
                         \x12\x34\x56\x78\x90\x12\x34\x56\x01foo=1";
        assert_eq!(out, expected);

        let read =
            |bytes: &[u8]| TraceContext::from_wire(bytes).map(|trace| trace.tracestate().map(str::to_owned));
        assert_eq!(read(&expected[..25]), Ok(None));
        assert_eq!(read(&expected[..24]), Err(Malformed));
        assert_eq!(read(&[]), Err(Malformed));
        assert_eq!(read(&[[0; 16].as_slice(), &[1; 9]].concat()), Err(Malformed));
        assert_eq!(read(&[[1; 16].as_slice(), &[0; 8], &[1]].concat()), Err(Malformed));
        assert_eq!(read(&[&expected[..25], b"\xff=1"].concat()), Ok(None));
        let flags = [&expected[..24], b"\xff"].concat();
        assert!(TraceContext::from_wire(&flags).unwrap().traceparent().ends_with("-03"));

        let longest = format!("a={},b={}", "v".repeat(250), "v".repeat(257 - 2));
        assert_eq!(longest.len(), 510);
        out.clear();
        TraceContext::parse(PARENT, Some(&format!("{longest},,"))).unwrap().to_wire(&mut out);
        assert_eq!(out.len(), usize::from(MAX_TRACE));
    }
}

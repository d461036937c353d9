//! A duration as a person would write it.

use std::time::Duration;

use proc_macro2::{Literal, TokenStream};
use quote::quote;

/// `Duration::from_millis(250)`: in the largest unit that is exact.
pub(super) fn written(after: Duration) -> TokenStream {
    let (seconds, nanos) = (after.as_secs(), after.subsec_nanos());
    let whole = |per_second: u32| {
        let unit = 1_000_000_000 / per_second;
        let parts = seconds.checked_mul(u64::from(per_second))?.checked_add(u64::from(nanos / unit))?;
        (nanos % unit == 0).then(|| Literal::u64_unsuffixed(parts))
    };
    if let Some(seconds) = whole(1) {
        quote!(::core::time::Duration::from_secs(#seconds))
    } else if let Some(millis) = whole(1_000) {
        quote!(::core::time::Duration::from_millis(#millis))
    } else if let Some(micros) = whole(1_000_000) {
        quote!(::core::time::Duration::from_micros(#micros))
    } else {
        let (seconds, nanos) = (Literal::u64_unsuffixed(seconds), Literal::u32_unsuffixed(nanos));
        quote!(::core::time::Duration::new(#seconds, #nanos))
    }
}

//! The calls, each case in four ways: to this node, to this node through the codec, to a node in memory, and over
//! TCP. What the body of a method has counted is the judge of what its caller is told.

#![expect(clippy::similar_names, reason = "a caller stands beside a callee")]
#![expect(clippy::unused_self, reason = "a module's methods take `&self`, also those that need no state")]

/// Makes four tests of each case, an `async fn` that is given its [`Way`](bed::Way).
macro_rules! in_four_ways {
    ($($case:ident),+ $(,)?) => {
        mod local { in_four_ways!(@ Local $($case)+); }
        mod forced { in_four_ways!(@ Forced $($case)+); }
        mod memory { in_four_ways!(@ Memory $($case)+); }
        mod tcp { in_four_ways!(@ Tcp $($case)+); }
    };
    (@ $way:ident $($case:ident)+) => { $(
        #[tokio::test]
        async fn $case() {
            crate::quiet::of_what_is_meant();
            crate::patience::patient(super::$case(crate::bed::Way::$way)).await;
        }
    )+ };
}

mod bed;
#[path = "../ancestor/fixture/patience.rs"]
mod patience;
#[path = "../ancestor/fixture/picky.rs"]
mod picky;
mod probe;
mod quiet;

mod arguments;
mod attributes;
mod cancels;
mod chains;
mod codec;
mod context;
mod deadlines;
mod fake;
mod idempotent;
mod inherits;
mod many;
mod not_started;
mod oneway;
mod outcomes;
mod results;
mod streams;
mod timeouts;

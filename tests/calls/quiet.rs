use std::panic::{PanicHookInfo, set_hook, take_hook};
use std::sync::Once;

/// What methods here say when they panic because they are asked to.
const MEANT: [&str; 4] = ["the probe is on fire", "nobody hears it", "no", "as asked"];

/// Prints nothing of panics that are meant: with a backtrace that takes longer than their callers may wait.
pub(crate) fn of_what_is_meant() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let others = take_hook();
        set_hook(Box::new(move |info: &PanicHookInfo<'_>| {
            let is_meant = info.payload().downcast_ref::<&str>().is_some_and(|text| MEANT.contains(text));
            let in_probe = info.location().is_some_and(|place| place.file().ends_with("probe.rs"));
            if !is_meant && !in_probe {
                others(info);
            }
        }));
    });
}

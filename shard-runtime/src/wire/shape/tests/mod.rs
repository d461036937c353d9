//! Each type completes, and its fingerprint changes when one thing in it changes.
#![expect(dead_code, reason = "types that are only looked at")]

mod attributes;
mod changes;
mod recursion;
mod refusals;
mod standard;

use serde::Deserialize;

use super::{Shape, combine};

fn of<T: Deserialize<'static>>() -> u64 {
    let shape = Shape::of::<T>().unwrap();
    assert_eq!(shape.opaque, [""; 0], "{}", std::any::type_name::<T>());
    assert_eq!(Shape::of::<T>().unwrap(), shape, "the same again");
    shape.fingerprint
}

/// The types look alike.
macro_rules! same {
    ($($left:ty, $right:ty;)*) => {$( assert_eq!(of::<$left>(), of::<$right>()); )*};
}

/// The types differ.
macro_rules! different {
    ($($left:ty, $right:ty;)*) => {{
        $( assert_ne!(of::<$left>(), of::<$right>(), "{} {}", stringify!($left), stringify!($right)); )*
    }};
}

use {different, same};

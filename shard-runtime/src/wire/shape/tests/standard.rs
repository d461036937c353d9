//! Types that everybody uses.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::marker::PhantomData;
use std::net::{IpAddr, SocketAddr};
use std::num::{NonZeroI8, NonZeroU32};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use super::{different, of, same};

#[test]
fn types_of_the_standard_library() {
    different! {
        u8, u16;
        u32, i32;
        f32, f64;
        bool, u8;
        char, u32;
        i128, u128;
        (), u8;
        String, Vec<u8>;
        Vec<u8>, Vec<u16>;
        Vec<u8>, [u8; 4];
        [u8; 4], [u8; 5];
        [u8; 4], (u8, u8, u8, u16);
        (u8, u16), (u16, u8);
        Option<u8>, u8;
        Option<u8>, Option<Option<u8>>;
        Option<Option<u8>>, Option<Option<i8>>;
        Result<u8, String>, Result<u8, u8>;
        Result<u8, String>, Result<u16, String>;
        HashMap<String, Vec<Option<u8>>>, HashMap<String, Vec<Option<u16>>>;
        HashMap<String, Vec<Option<u8>>>, HashMap<u8, Vec<Option<u8>>>;
        HashMap<String, Vec<Option<u8>>>, HashMap<String, Option<Vec<u8>>>;
        BTreeMap<u8, (u8, Result<(), (u8, Vec<i8>)>)>, BTreeMap<u8, (u8, Result<(), (u8, Vec<u8>)>)>;
        NonZeroU32, u64;
        NonZeroI8, i16;
        Duration, (u64, u32);
        SystemTime, Duration;
        IpAddr, SocketAddr;
        IpAddr, String;
        std::ops::Range<u8>, std::ops::Range<u16>;
        std::ops::Bound<u8>, std::ops::Bound<u16>;
        PathBuf, u8;
    }
    same! {
        String, &'static str;
        String, Cow<'static, str>;
        String, PathBuf;
        usize, u64;
        isize, i64;
        Vec<u8>, VecDeque<u8>;
        HashSet<u8>, BTreeSet<u8>;
        HashMap<u8, u8>, BTreeMap<u8, u8>;
        Box<u8>, u8;
        NonZeroU32, u32;
        PhantomData<String>, ();
        (&'static str, u32), (String, u32);
        &'static [u8], &'static [u8];
    }
}

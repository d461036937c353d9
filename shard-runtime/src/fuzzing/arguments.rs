//! Arguments, as far as the method that they are for: through a generated dispatch, with types that hurt decoders that
//! trust their input.
#![expect(clippy::unused_self, reason = "a module's methods take `&self`, also those that need no state")]

use core::time::Duration;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use futures::FutureExt as _;
use serde::{Deserialize, Serialize};

use crate::dispatch::{AnyEntry, Entry, Inbound, RunningCount, SlotHooks};
use crate::membership::Boot;
use crate::route::Key;
use crate::state::{self, State};
use crate::wire::{Answer, Limits, NotStarted, Reply};
use crate::{ShardedModule, sharded_module};

/// A value that contains others of its kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) enum Tree {
    Leaf,
    Text(String),
    Maybe(Option<Box<Tree>>),
    Pair(Box<Tree>, Box<Tree>),
    Many(Vec<Tree>),
    Named { by_name: BTreeMap<String, Tree>, nothing: Nothing },
}

/// A value without a size.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Nothing;

type Numbers = ((bool, u8, i8, u16, i16, u32, i32, u64), (i64, u128, i128, f32, f64, char));

/// Gives back what it gets.
struct Echo;

#[sharded_module(crate = crate)]
impl Echo {
    fn tree(&self, tree: Tree) -> Tree {
        assert!(depth(&tree) <= 64, "a value of {} levels was taken", depth(&tree));
        tree
    }

    fn nothings(&self, units: Vec<()>, nothings: Vec<Nothing>) -> (Vec<()>, Vec<Nothing>) {
        (units, nothings)
    }

    fn nested(&self, lists: Vec<Vec<()>>, maps: BTreeMap<u8, Vec<Option<()>>>) -> Nested {
        (lists, maps)
    }

    fn numbers(&self, numbers: Numbers) -> Numbers {
        numbers
    }

    fn borrowed(&self, text: &str, bytes: &[u8], cow: Cow<'_, str>) -> (String, Vec<u8>, String) {
        (text.to_owned(), bytes.to_vec(), cow.into_owned())
    }
}

type Nested = (Vec<Vec<()>>, BTreeMap<u8, Vec<Option<()>>>);

static ECHO: LazyLock<Entry<Echo>> = LazyLock::new(|| {
    let shapes = Echo::ROWS.iter().map(|row| (row.shape)().is_ok());
    assert!(shapes.eq([true; 5]), "all of them can travel");
    Entry {
        name: Echo::NAME,
        index: 0,
        object: Some(Arc::new(Echo)),
        limit: None,
        slot_hooks: SlotHooks::default(),
        rows: Echo::ROWS,
        signatures: Vec::new(),
        fake: None,
    }
});
static RUNNING: LazyLock<RunningCount> = LazyLock::new(|| RunningCount::new(1));

/// Any bytes are the arguments of a method, or its call is refused: not too deep, not more elements than may be, nothing
/// left over and nothing missing. What was taken is written and taken as the same, and nothing is left of the call.
///
/// # Panics
///
/// When that does not hold.
pub fn arguments(input: &[u8]) {
    let (choice, args) = input.split_first().unwrap_or((&0, &[]));
    let row = usize::from(*choice) % Echo::ROWS.len();
    let Some(value) = called(row, args) else { return };
    if row == 1 || row == 2 {
        let elements = lengths(row, &value);
        assert!(elements <= 65_536.max(args.len()), "{elements} elements in {} bytes", args.len());
    }
    assert!(value.len() <= args.len(), "the shortest form is written");
    if value != args {
        assert_eq!(called(row, &value).as_ref(), Some(&value), "what was taken comes back");
    }
    assert!(called(row, &[args, &[0]].concat()).is_none(), "a byte was left over");
    if let Some((_, front)) = args.split_last() {
        assert!(called(row, front).is_none(), "the last byte was missing");
    }
}

/// Calls a method, and gives the encoding of what it got; `None` if it did not start.
fn called(row: usize, args: &[u8]) -> Option<Vec<u8>> {
    let home: Arc<dyn state::Home> = Arc::new(state::Origin::new("caller".parse().unwrap(), Arc::new(())));
    let arrived = state::Arrived {
        luggage: &mut None,
        depth: 1,
        key: Key::from("key"),
        deadline: None,
        boot: Boot::new(1),
        span: false,
        home: &home,
    };
    let call = Inbound {
        id: 1,
        body: Bytes::copy_from_slice(args),
        args_at: 0,
        state: State::arrived(arrived, &mut State::new()),
        limits: Limits::default(),
        patience: Duration::from_secs(1),
        span: None,
        own_task: false,
        line: Some(Arc::default()),
        _place: RUNNING.enter().expect("the call before has ended").keep(),
    };
    let answer = ECHO.start(row, call, None).expect("the module has the row");
    let body = answer.now_or_never().map(Answer::into_body).expect("the method does not wait");
    assert_eq!(RUNNING.count(), 0, "nothing is left of the call");
    match Reply::read(&body).expect("an answer of ours can be read") {
        Reply::Value(value) => Some(value.to_vec()),
        Reply::NotStarted(NotStarted::CannotDecode(_)) => None,
        other => panic!("{other:?}"),
    }
}

/// How many elements without a size are in the value.
fn lengths(row: usize, value: &[u8]) -> usize {
    use crate::wire::{Codec as _, Wire};

    let limits = Limits::default();
    if row == 1 {
        let (units, nothings): (Vec<()>, Vec<Nothing>) = Wire::decode(value, &limits).unwrap();
        units.len() + nothings.len()
    } else {
        let (lists, maps): Nested = Wire::decode(value, &limits).unwrap();
        let inner = lists.iter().map(Vec::len).chain(maps.values().map(Vec::len)).sum::<usize>();
        lists.len() + maps.len() + inner
    }
}

fn depth(tree: &Tree) -> usize {
    let below = match tree {
        Tree::Leaf | Tree::Text(_) => 0,
        Tree::Maybe(inner) => inner.as_deref().map_or(0, depth),
        Tree::Pair(one, other) => depth(one).max(depth(other)),
        Tree::Many(many) => many.iter().map(depth).max().unwrap_or(0),
        Tree::Named { by_name, .. } => by_name.values().map(depth).max().unwrap_or(0),
    };
    below + 1
}

//! Types that contain themselves.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Shape, different, of};

#[test]
fn types_that_contain_themselves() {
    #[derive(Deserialize)]
    struct List(u8, Option<Box<List>>);
    #[derive(Deserialize)]
    struct WideList(u16, Option<Box<WideList>>);
    #[derive(Deserialize)]
    struct Folder {
        inside: Vec<Folder>,
        size: u8,
    }
    #[derive(Deserialize)]
    struct BigFolder {
        inside: Vec<BigFolder>,
        size: u16,
    }
    #[derive(Deserialize)]
    struct Index(BTreeMap<String, Index>);
    #[derive(Deserialize)]
    struct Numbered(BTreeMap<u8, Numbered>);
    #[derive(Deserialize)]
    enum Expr {
        Sum(Box<Expr>, Box<Expr>),
        Call { name: String, args: Vec<Expr> },
        Block(Box<Block>),
        Number(i64),
    }
    #[derive(Deserialize)]
    enum Block {
        Scope(Box<Expr>, Box<Block>),
        Nothing { line: u32 },
    }
    #[derive(Deserialize)]
    enum Expr2 {
        Sum(Box<Expr2>, Box<Expr2>),
        Call { name: String, args: Vec<Expr2> },
        Block(Box<Block2>),
        Number(i64),
    }
    #[derive(Deserialize)]
    enum Block2 {
        Scope(Box<Expr2>, Box<Block2>),
        Nothing { line: u64 },
    }
    // All of the first enum's variants but one lead back, and the way out comes last.
    #[derive(Deserialize)]
    enum Ping {
        Back(Box<Ping>, Box<Ping>),
        Over(Box<Pong>),
        Other(Box<Pong>, Box<Ping>),
    }
    #[derive(Deserialize)]
    enum Pong {
        Back(Box<Ping>),
        Out(u8),
    }
    #[derive(Deserialize)]
    enum Ping2 {
        Back(Box<Ping2>, Box<Ping2>),
        Over(Box<Pong2>),
        Other(Box<Pong2>, Box<Ping2>),
    }
    #[derive(Deserialize)]
    enum Pong2 {
        Back(Box<Ping2>),
        Out(u16),
    }
    different! {
        List, WideList;
        Folder, BigFolder;
        Index, Numbered;
        Expr, Expr2;
        Ping, Ping2;
        Pong, Pong2;
    }
}

#[test]
fn endless_types_end() {
    #[derive(Deserialize)]
    struct Endless {
        next: Box<Endless>,
    }
    #[derive(Deserialize)]
    enum Trap {
        One(Box<Trap>),
        Two(Box<Trap>),
    }
    #[derive(Deserialize)]
    enum Never {}
    assert!(!Shape::of::<Endless>().unwrap().opaque.is_empty());
    assert!(!Shape::of::<Trap>().unwrap().opaque.is_empty());
    assert_eq!(Shape::of::<Result<u8, Never>>().unwrap().opaque, [""; 0]);
}

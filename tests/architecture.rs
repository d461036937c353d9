//! Who may know whom. The guide's page on the architecture has these rules as a table, and here they are checked: against
//! the sources as the compiler sees them, without what is only there for tests.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, Group, Spacing, TokenStream, TokenTree};

/// For each folder (or part of one) what it may name of the others. Nothing else is needed for what is its own.
type Rules = &'static [(&'static str, &'static [&'static str])];

const RUNTIME: Rules = &[
    ("trust", &[]),
    ("membership", &[]),
    ("transport", &[]),
    ("wire", &[]),
    ("discovery", &["membership::Boot", "membership::NodeName", "transport"]),
    ("wire::handshake", &["trust"]),
    ("swim", &["membership", "trust::GossipKeys", "wire"]),
    ("route", &["trust"]),
    ("state", &["membership::Boot", "membership::NodeName", "route::Key", "wire"]),
    ("dispatch", &["state", "wire"]),
    ("call", &["dispatch", "membership", "route", "state", "wire", "trust::KeyRing"]),
    (
        "node",
        &[
            "call",
            "discovery",
            "dispatch",
            "error",
            "membership",
            "route",
            "state",
            "swim",
            "transport",
            "trust",
            "wire",
        ],
    ),
    ("testing", &["error", "membership::MemberState", "node", "transport", "trust"]),
    ("error", &["node::config", "route", "trust"]),
    ("guide", &[]),
    // What generated code may name, and so the one list that reaches into several folders.
    ("__private", &["call", "dispatch", "node", "state"]),
];

const MACROS: Rules = &[
    ("model", &[]),
    ("messages", &[]),
    ("errors", &["messages"]),
    ("parse", &["errors", "messages"]),
    ("check", &["errors", "messages", "model", "parse"]),
    ("expand", &["model"]),
];

/// Folders that take the time as an argument, and neither open sockets nor spawn tasks.
const PURE: [&str; 5] = ["trust", "membership", "wire", "route", "swim"];

/// What stands before items, and lines, that are only there for tests and for the fuzzer.
const ONLY_FOR_TESTS: [&str; 4] =
    ["[cfg(test)]", "[cfg(doctest)]", "[cfg(any(test,fuzzing))]", "[cfg(planted_bug)]"];

const TOP_LEVEL: [&str; 9] = [
    "CHANGELOG.md",
    "Cargo.lock",
    "Cargo.toml",
    "README.md",
    "examples",
    "shard-macros",
    "shard-runtime",
    "target",
    "tests",
];

#[test]
fn folders_of_the_runtime_know_only_whom_they_may() {
    assert_eq!(all("shard-runtime", |file| wrong_arrows(RUNTIME, file)), [""; 0]);
}

#[test]
fn folders_of_the_macro_know_only_whom_they_may() {
    assert_eq!(all("shard-macros", |file| wrong_arrows(MACROS, file)), [""; 0]);
}

#[test]
fn every_folder_has_a_rule() {
    for (package, rules) in [("shard-runtime", RUNTIME), ("shard-macros", MACROS)] {
        let folders = sources(package).into_iter().filter_map(|file| file.module.into_iter().next());
        let ruled = rules.iter().filter_map(|(folder, _)| folder.split("::").next()).map(str::to_owned);
        assert_eq!(folders.collect::<BTreeSet<_>>(), ruled.collect::<BTreeSet<_>>(), "{package}");
    }
}

#[test]
fn one_file_names_the_codec() {
    let named: Vec<_> =
        sources("shard-runtime").into_iter().filter(names_bincode).map(|file| file.name).collect();
    assert_eq!(named, ["wire::bincode"]);
}

#[test]
fn only_the_transport_names_sockets() {
    assert_eq!(all("shard-runtime", sockets), [""; 0]);
}

#[test]
fn pure_folders_have_no_clock_and_no_tasks() {
    assert_eq!(all("shard-runtime", impurities), [""; 0]);
}

#[test]
fn no_queue_is_unbounded_and_no_code_unsafe() {
    for package in ["shard-runtime", "shard-macros"] {
        assert_eq!(all(package, forbidden_words), [""; 0]);
    }
}

#[test]
fn the_top_level_is_fixed() {
    let entries =
        fs::read_dir(root()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let strays: Vec<_> = entries.filter(|name| !is_allowed_at_the_top(name)).collect();
    assert_eq!(strays, [""; 0]);
}

// That the checks above can fail.

#[test]
fn a_wrong_arrow_is_found_however_it_is_written() {
    let wrong = |module: &str, source: &str| wrong_arrows(RUNTIME, &made_up(module, source)).len();
    assert_eq!(wrong("call::door", "use crate::node::Node;"), 1);
    assert_eq!(wrong("call::door", "use crate::{membership::Boot, node::{Node, config}, transport::*};"), 3);
    assert_eq!(
        wrong("call::door", "fn f() { super::super::transport::dial(crate::trust::LinkKeys::new) }"),
        2
    );
    assert_eq!(wrong("wire::frame", "type Key = crate::trust::LinkKey;"), 1);
    assert_eq!(wrong("state::state", "use crate::route::{Key, ShardToken};"), 1);
    assert_eq!(wrong("error", "fn f(_: crate::node::Node) {}"), 1);
    assert_eq!(wrong("route::key", "mod inner { use super::super::super::wire::Wire; }"), 1);
    assert_eq!(wrong("route::key", "m! { crate::wire::Wire }"), 1);
    // A way round: what the crate re-exports at its root belongs to a folder, too.
    assert_eq!(wrong("wire::frame", "use crate::Node;"), 1);

    assert_eq!(wrong("call::door", "use crate::{membership::Boot, call::Peer}; use super::peer::Peer;"), 0);
    assert_eq!(wrong("wire::handshake::proof", "use crate::trust::LinkKey;"), 0);
    assert_eq!(
        wrong(
            "call::door",
            "/// See crate::node::Node.\n// crate::node::Node\nconst A: &str = \"crate::node\";"
        ),
        0
    );
    assert_eq!(
        wrong(
            "call::door",
            "#[cfg(test)] use crate::node::{A, B}; #[cfg(test)] mod tests { use crate::node::C; }"
        ),
        0
    );
    assert_eq!(wrong("call::door", "#[cfg(test)] fn f() {} use crate::node::Node;"), 1);

    let wrong = |module: &str, source: &str| wrong_arrows(MACROS, &made_up(module, source)).len();
    assert_eq!(wrong("expand::proxy", "use crate::parse::Block;"), 1);
    assert_eq!(wrong("expand::proxy", "use crate::model::Module;"), 0);
    assert_eq!(wrong("model::module", "use crate::errors::Errors;"), 1);
}

#[test]
fn the_codec_is_found_where_it_is_named() {
    assert!(names_bincode(&made_up("wire::tables", "use bincode::config;")));
    assert!(names_bincode(&made_up("wire::tables", "fn f() { ::bincode::serde::encode() }")));
    assert!(!names_bincode(&made_up("wire", "mod bincode; type Wire = bincode::Bincode;")));
    assert!(!names_bincode(&made_up("wire", "/// bincode::config")));
}

#[test]
fn sockets_are_found_outside_of_the_transport() {
    let found = |module: &str, source: &str| sockets(&made_up(module, source)).len();
    assert_eq!(found("node::dialer", "use tokio::net::TcpStream;"), 1);
    assert_eq!(found("node::dialer", "use tokio::{net::TcpStream, sync::Notify};"), 1);
    assert_eq!(found("node::dialer", "use std::net::{IpAddr, TcpListener};"), 1);
    assert_eq!(found("node::dialer", "use std::os::unix::net::UnixStream;"), 1);
    assert_eq!(found("transport::tcp", "use tokio::net::TcpStream;"), 0);
}

#[test]
fn clocks_and_tasks_are_found_in_pure_folders() {
    let found = |module: &str, source: &str| impurities(&made_up(module, source)).len();
    assert_eq!(found("membership::view", "fn f() { std::time::SystemTime::now(); }"), 1);
    assert_eq!(found("route::token", "fn f() { Instant::now(); tokio::spawn(g()); }"), 2);
    assert_eq!(found("wire::frame", "use std::{fs, thread};"), 2);
    assert_eq!(found("node::ticker", "fn f() { Instant::now(); }"), 0);
}

#[test]
fn forbidden_words_are_found() {
    let found = |source: &str| forbidden_words(&made_up("call", source)).len();
    assert_eq!(found("fn f() { let (a, b) = tokio::sync::mpsc::unbounded_channel(); }"), 1);
    assert_eq!(found("use futures::channel::mpsc::unbounded;"), 1);
    assert_eq!(found("fn f() { unsafe { g() } }"), 1);
    assert_eq!(found("fn f(token: Token![unsafe]) { m(\"unsafe\") }"), 0);
}

#[test]
fn strays_are_found_at_the_top_level() {
    assert!(!is_allowed_at_the_top("docs"));
    assert!(!is_allowed_at_the_top("build.rs"));
    assert!(is_allowed_at_the_top(".ci"));
    assert!(is_allowed_at_the_top("LICENSE-MIT"));
}

// The checks, each on one file.

fn wrong_arrows(rules: Rules, file: &Source) -> Vec<String> {
    let Some(folder) = file.module.first() else { return Vec::new() };
    let applying = rules.iter().filter(|(from, _)| starts_with(&file.module, from));
    let arrows: Vec<&str> = applying.flat_map(|(_, to)| to.iter().copied()).collect();
    let inside = file.paths.iter().filter_map(|path| match path {
        Named::Inside(path) => Some(path),
        Named::Outside(_) => None,
    });
    inside
        .filter(|to| to.first().is_some_and(|first| first != folder))
        .filter(|to| !arrows.iter().any(|arrow| starts_with(to, arrow)))
        .map(|to| format!("{} names {}", file.name, to.join("::")))
        .collect()
}

fn names_bincode(file: &Source) -> bool {
    let own = file.children.iter().any(|child| child == "bincode");
    !own && file.outside().any(|path| path.first().is_some_and(|first| first == "bincode"))
}

fn sockets(file: &Source) -> Vec<String> {
    if file.module.first().is_some_and(|folder| folder == "transport") {
        return Vec::new();
    }
    let is_socket = |path: &&Vec<String>| {
        let types = ["TcpStream", "TcpListener", "UdpSocket", "UnixStream", "UnixListener", "UnixDatagram"];
        starts_with(path, "tokio::net") || path.iter().any(|word| types.contains(&word.as_str()))
    };
    file.outside().filter(is_socket).map(|path| format!("{} names {}", file.name, path.join("::"))).collect()
}

fn impurities(file: &Source) -> Vec<String> {
    if !file.module.first().is_some_and(|folder| PURE.contains(&folder.as_str())) {
        return Vec::new();
    }
    let impure = |path: &&Vec<String>| {
        ["tokio", "std::fs", "std::thread", "std::net::TcpStream"]
            .iter()
            .any(|start| starts_with(path, start))
            || path.ends_with(&["Instant".to_owned(), "now".to_owned()])
            || path.ends_with(&["SystemTime".to_owned(), "now".to_owned()])
    };
    file.outside().filter(impure).map(|path| format!("{} names {}", file.name, path.join("::"))).collect()
}

fn forbidden_words(file: &Source) -> Vec<String> {
    let forbidden = |word: &&String| word.starts_with("unbounded") || *word == "unsafe";
    file.words.iter().filter(forbidden).map(|word| format!("{} has {word}", file.name)).collect()
}

fn is_allowed_at_the_top(name: &str) -> bool {
    name.starts_with('.') || name.starts_with("LICENSE-") || TOP_LEVEL.contains(&name)
}

fn starts_with(path: &[String], start: &str) -> bool {
    let start: Vec<&str> = start.split("::").collect();
    path.len() >= start.len() && path.iter().zip(&start).all(|(word, other)| word == other)
}

// Reading sources.

/// What a file says, as far as the rules go.
#[derive(Default)]
struct Source {
    /// Its module's path, without `crate`.
    module: Vec<String>,
    /// The same as text.
    name: String,
    paths: Vec<Named>,
    words: Vec<String>,
    /// The modules that it declares.
    children: Vec<String>,
    /// Those of them that are files of their own: where they are, and what they are called.
    files: Vec<(PathBuf, Vec<String>)>,
}

/// A path of two or more words.
enum Named {
    /// Begins with `crate`, `self` or `super`, and is told from the crate's root.
    Inside(Vec<String>),
    Outside(Vec<String>),
}

impl Source {
    fn outside(&self) -> impl Iterator<Item = &Vec<String>> {
        self.paths.iter().filter_map(|path| match path {
            Named::Outside(path) => Some(path),
            Named::Inside(_) => None,
        })
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn made_up(module: &str, source: &str) -> Source {
    let module = module.split("::").map(str::to_owned).collect();
    read(module, source.parse().unwrap(), Path::new(""))
}

/// What a check finds in all files of a package.
fn all(package: &str, check: impl Fn(&Source) -> Vec<String>) -> Vec<String> {
    sources(package).iter().flat_map(check).collect()
}

/// All files that the package's library is made of, found as the compiler finds them.
fn sources(package: &str) -> Vec<Source> {
    let mut open = vec![(root().join(package).join("src/lib.rs"), Vec::new())];
    let mut sources = Vec::new();
    while let Some((path, module)) = open.pop() {
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let tokens = text.parse().unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let mut source = read(module, tokens, &path);
        open.append(&mut source.files);
        sources.push(source);
    }
    assert!(sources.len() > 10, "the sources of {package} were not found");
    sources
}

fn read(module: Vec<String>, tokens: TokenStream, path: &Path) -> Source {
    let mut source = Source { name: module.join("::"), module, ..Source::default() };
    let directory = if ["lib.rs", "mod.rs"].iter().any(|name| path.ends_with(name)) {
        path.parent().unwrap().to_owned()
    } else {
        path.with_extension("")
    };
    let module = source.module.clone();
    walk(tokens, &module, &directory, &mut source);
    source
}

fn walk(tokens: TokenStream, module: &[String], directory: &Path, source: &mut Source) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut at = 0;
    let mut moved_to = None;
    while let Some(token) = tokens.get(at) {
        match token {
            TokenTree::Punct(hash) if hash.as_char() == '#' => {
                let attribute = tokens.get(at + 1).map(ToString::to_string).unwrap_or_default();
                let attribute: String = attribute.split_whitespace().collect();
                at += 2;
                if ONLY_FOR_TESTS.contains(&attribute.as_str()) {
                    at = behind_item(&tokens, at);
                } else if let Some(path) = attribute.strip_prefix("[path=\"") {
                    moved_to = path.strip_suffix("\"]").map(str::to_owned);
                }
            }
            TokenTree::Ident(word) if word == "mod" => {
                let name = tokens.get(at + 1).map(ToString::to_string).unwrap_or_default();
                let mut inner = module.to_vec();
                inner.push(name.clone());
                match tokens.get(at + 2) {
                    Some(TokenTree::Group(body)) => {
                        walk(body.stream(), &inner, &directory.join(&name), source);
                    }
                    _ if directory.as_os_str().is_empty() => {}
                    _ => source.files.push((file_of(directory, &name, moved_to.take()), inner)),
                }
                source.children.push(name);
                at += 3;
            }
            // `Token![unsafe]` and the like are names of tokens.
            TokenTree::Ident(word) if word == "Token" => at += 3,
            TokenTree::Ident(_) => at = read_path(&tokens, at, Vec::new(), module, source),
            TokenTree::Group(group) => {
                walk(group.stream(), module, directory, source);
                at += 1;
            }
            _ => at += 1,
        }
    }
}

fn file_of(directory: &Path, name: &str, moved_to: Option<String>) -> PathBuf {
    match moved_to {
        Some(path) => directory.join(path),
        None if directory.join(name).join("mod.rs").exists() => directory.join(name).join("mod.rs"),
        None => directory.join(name).with_extension("rs"),
    }
}

/// Where the item ends that begins at `at`: with a semicolon, or with a body in braces that is not a list of names in a
/// `use`.
fn behind_item(tokens: &[TokenTree], mut at: usize) -> usize {
    let mut is_use = false;
    while let Some(token) = tokens.get(at) {
        at += 1;
        match token {
            TokenTree::Ident(word) if word == "use" => is_use = true,
            TokenTree::Punct(end) if end.as_char() == ';' => break,
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace && !is_use => break,
            _ => {}
        }
    }
    at
}

/// Reads `a::b::{c, d::e}`, and says what stands behind it.
fn read_path(
    tokens: &[TokenTree],
    mut at: usize,
    mut path: Vec<String>,
    module: &[String],
    source: &mut Source,
) -> usize {
    loop {
        match tokens.get(at) {
            Some(TokenTree::Ident(word)) => {
                let word = word.to_string().trim_start_matches("r#").to_owned();
                source.words.push(word.clone());
                path.push(word);
            }
            Some(TokenTree::Punct(star)) if star.as_char() == '*' => path.push("*".to_owned()),
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                for part in parts(group) {
                    read_path(&part, 0, path.clone(), module, source);
                }
                return at + 1;
            }
            _ => {}
        }
        at += 1;
        if !goes_on(tokens, at) {
            source.paths.extend(resolved(path, module));
            return at;
        }
        at += 2;
    }
}

/// Whether `::` and another part of the path follow.
fn goes_on(tokens: &[TokenTree], at: usize) -> bool {
    let colon = |token: Option<&TokenTree>, spacing| matches!(token, Some(TokenTree::Punct(p)) if p.as_char() == ':' && (spacing == Spacing::Alone || p.spacing() == spacing));
    let next = match tokens.get(at + 2) {
        Some(TokenTree::Ident(_)) => true,
        Some(TokenTree::Group(group)) => group.delimiter() == Delimiter::Brace,
        Some(TokenTree::Punct(star)) => star.as_char() == '*',
        _ => false,
    };
    next && colon(tokens.get(at), Spacing::Joint) && colon(tokens.get(at + 1), Spacing::Alone)
}

fn parts(group: &Group) -> Vec<Vec<TokenTree>> {
    let tokens: Vec<TokenTree> = group.stream().into_iter().collect();
    let comma = |token: &TokenTree| matches!(token, TokenTree::Punct(comma) if comma.as_char() == ',');
    tokens.split(comma).filter(|part| !part.is_empty()).map(<[TokenTree]>::to_vec).collect()
}

fn resolved(path: Vec<String>, module: &[String]) -> Option<Named> {
    if path.len() < 2 {
        return None;
    }
    let mut base = match path.first()?.as_str() {
        "crate" => Vec::new(),
        "self" | "super" => module.to_vec(),
        _ => return Some(Named::Outside(path)),
    };
    let mut words = path.into_iter().skip_while(|word| word == "crate" || word == "self").peekable();
    while words.next_if(|word| word == "super").is_some() {
        base.pop();
    }
    base.extend(words);
    Some(Named::Inside(base))
}

//! `examples/expansion`: what a person has written down is what the attribute makes.

use std::error::Error;
use std::{fs, path::Path};

use proc_macro2::TokenStream;
use quote::ToTokens as _;
use syn::{File, Item};

#[test]
fn the_example_is_the_expansion() -> Result<(), Box<dyn Error>> {
    let written = read("written.rs")?;
    let expected = read("expanded.rs")?;
    let items = written.items.into_iter().map(expanded);
    let expanded: File = syn::parse2(items.collect())?;

    // Both through the same printer, and word by word: comments and line breaks are the example's own.
    let (expanded, expected) = (printed(expanded), printed(expected));
    let same = expanded.chars().zip(expected.chars()).take_while(|(left, right)| left == right).count();
    let rest = |text: &str| text.chars().skip(same.saturating_sub(40)).take(160).collect::<String>();
    assert!(
        expanded == expected,
        "expanded.rs differs:\n  the attribute makes …{}…\n  the example says    …{}…",
        rest(&expanded),
        rest(&expected)
    );
    Ok(())
}

fn read(file: &str) -> Result<File, Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/expansion");
    Ok(syn::parse_file(&fs::read_to_string(folder.join(file))?)?)
}

/// The item, or what the attribute on it makes of it.
fn expanded(mut item: Item) -> TokenStream {
    if let Item::Impl(block) = &mut item {
        let before = block.attrs.len();
        block.attrs.retain(|attr| !attr.path().is_ident("sharded_module"));
        if block.attrs.len() < before {
            return crate::attribute(TokenStream::new(), item.into_token_stream());
        }
    }
    item.into_token_stream()
}

/// Without the parts that say which file it is.
fn printed(mut file: File) -> String {
    file.attrs.clear();
    file.items.retain(|item| !matches!(item, Item::Use(_)));
    prettyplease::unparse(&file).split_whitespace().collect()
}

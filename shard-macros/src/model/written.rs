//! A type as a person would write it, for descriptions and fingerprints.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens;

/// The type as text: `Result<u32, ArenaError>`, the same on every compiler.
pub(crate) fn written(ty: impl ToTokens) -> String {
    let mut text = String::new();
    write(ty.into_token_stream(), &mut text);
    text
}

fn write(tokens: TokenStream, text: &mut String) {
    let mut in_lifetime = false;
    let mut after_lifetime = false;
    for token in tokens {
        match &token {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::Brace => ("{ ", " }"),
                    Delimiter::None => ("", ""),
                };
                if after_lifetime {
                    text.push(' ');
                }
                text.push_str(open);
                write(group.stream(), text);
                text.push_str(close);
            }
            TokenTree::Punct(punct) => match punct.as_char() {
                ',' => text.push_str(", "),
                ';' => text.push_str("; "),
                '+' => text.push_str(" + "),
                '=' => text.push_str(" = "),
                other => text.push(other),
            },
            TokenTree::Ident(_) | TokenTree::Literal(_) => {
                // Two words next to each other: `'a str`, `dyn Trait`, `<Vec<u8> as Trait>`.
                if text.ends_with(|last: char| last.is_alphanumeric() || last == '_' || last == '>') {
                    text.push(' ');
                }
                text.push_str(&token.to_string());
            }
        }
        after_lifetime = in_lifetime;
        in_lifetime = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '\'');
    }
    // The comma of `(u32,)` has nothing behind it.
    if text.ends_with(", ") {
        text.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::written;
    use quote::quote;

    #[test]
    fn types_look_as_if_a_person_had_written_them() {
        assert_eq!(written(quote!(Result<u32, ArenaError>)), "Result<u32, ArenaError>");
        assert_eq!(written(quote!(&'a [u8])), "&'a [u8]");
        assert_eq!(written(quote!(Option<&str>)), "Option<&str>");
        assert_eq!(written(quote!(std::borrow::Cow<'_, str>)), "std::borrow::Cow<'_, str>");
        assert_eq!(written(quote!(Box<dyn Send + 'static>)), "Box<dyn Send + 'static>");
        assert_eq!(written(quote!([u8; 4])), "[u8; 4]");
        assert_eq!(written(quote!((u32,))), "(u32,)");
        assert_eq!(written(quote!(<Vec<u8> as Owned>::Item)), "<Vec<u8> as Owned>::Item");
    }
}

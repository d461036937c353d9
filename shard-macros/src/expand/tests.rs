//! One snapshot for each generated item, and for each kind of argument, result and method.

use proc_macro2::TokenStream;
use quote::quote;

/// The whole expansion, as rustfmt would have it.
fn expanded(options: TokenStream, block: TokenStream) -> String {
    let tokens = crate::attribute(options, block);
    match syn::parse2(tokens.clone()) {
        Ok(file) => prettyplease::unparse(&file),
        Err(error) => format!("{error} in {tokens}"),
    }
}

/// Only what stands behind the user's block.
fn behind_the_block(block: TokenStream) -> String {
    let whole = expanded(TokenStream::new(), block);
    whole.split_once("\n/// A shard of").map_or(whole.clone(), |(_, rest)| format!("/// A shard of{rest}"))
}

/// A snapshot without the input, which the expansion repeats anyway.
macro_rules! snapshot {
    ($expansion:expr) => {
        insta::with_settings!({ omit_expression => true }, { insta::assert_snapshot!($expansion) })
    };
}

#[test]
fn the_sample() {
    snapshot!(expanded(
        TokenStream::new(),
        quote! {
            impl Arena {
                /// Adds points, and returns the player's new total.
                pub async fn score(&self, state: &State, player: &str, points: u32) -> Result<u32, ArenaError> {
                    self.add(player, points)
                }

                /// Players on this node.
                pub fn players(&self) -> usize {
                    self.players.len()
                }

                #[blocking]
                pub fn crunch(&self, data: &[u8]) -> u64 {
                    checksum(data)
                }

                #[local]
                fn add(&self, player: &str, points: u32) -> Result<u32, ArenaError> {
                    todo!()
                }

                pub async fn on_start(&self, node: &Node) {}
            }
        }
    ));
}

#[test]
fn an_empty_block() {
    snapshot!(expanded(TokenStream::new(), quote!(impl Arena {})));
}

#[test]
fn the_options() {
    snapshot!(expanded(
        quote!(name = "chess/arena", limit = 3, role = "match", crate = cluster::runtime),
        quote!(impl chess::r#Arena {})
    ));
}

#[test]
fn every_kind_of_argument() {
    snapshot!(behind_the_block(quote! {
        impl Arena {
            async fn by_value(&self, a: u32, b: Vec<u8>, c: Cow<'_, str>, d: Option<&str>, e: Player<'_>) {}
            async fn by_reference(&self, a: &str, b: &[u8], c: &[Player], d: &Player, e: &[&str]) {}
            async fn tied<'x>(&'x self, a: &'x str, b: &'x Player) -> Result<u32, E> {}
            fn patterns(&self, _: &State, mut a: u32, (b, c): (u32, u32), _: u8, arg1: u8) {}
            fn own(&self, a: Self, b: [Self; Self::SIZE]) {}
        }
    }));
}

#[test]
fn every_kind_of_result() {
    snapshot!(behind_the_block(quote! {
        impl Arena {
            async fn unit(&self) -> () {}
            async fn result(&self) -> Result<(), ArenaError> {}
            async fn alias(&self) -> std::io::Result<u32> {}
            #[fallible]
            fn other_alias(&self) -> Outcome<u32> {}
            fn own_type(&self) -> MatchResult {}
            async fn bytes(&self) -> Result<Vec<u8>, ArenaError> {}
            #[blocking]
            fn blocking(&self) -> Result<Self, ArenaError> {}
        }
    }));
}

#[test]
fn promises_about_calls() {
    snapshot!(behind_the_block(quote! {
        impl Arena {
            #[timeout("250ms")]
            async fn quick(&self) -> u32 {}
            #[timeout("1.5s")]
            #[idempotent]
            fn repeatable(&self, player: &str) -> Result<u32, ArenaError> {}
            #[idempotent]
            #[timeout("0.5us")]
            #[blocking]
            fn slow(&self) -> u32 {}
            #[detached]
            async fn save(&self, state: &State, replay: Vec<u8>) -> Result<(), ArenaError> {}
        }
    }));
}

#[test]
fn oneway() {
    snapshot!(behind_the_block(quote! {
        impl Arena {
            #[oneway]
            async fn poke(&self, state: &State, player: &str) {}
            #[oneway]
            #[detached]
            #[timeout("1h")]
            fn nudge(&self) -> () {}
            /// Documented.
            #[oneway]
            #[blocking]
            fn crunch(&self, replay: &[u8]) {}
        }
    }));
}

#[test]
fn streams() {
    snapshot!(behind_the_block(quote! {
        impl Arena {
            fn scores(&self, state: &State, player: &str, teams: &[Team]) -> impl Stream<Item = Score> + use<'_> {}
            #[timeout("30s")]
            async fn later(&self) -> impl futures::Stream<Item = Result<u32, ArenaError>> {}
            #[must_use = "reasons"]
            async fn replay(&self) -> Result<impl Stream<Item = Vec<u8>> + Send, ArenaError> {}
            fn lines(&self) -> std::io::Result<impl Stream<Item = String>> {}
            #[fallible]
            fn other_alias(&self) -> Outcome<impl Stream<Item = Self>> {}
        }
    }));
}

#[test]
fn attributes() {
    snapshot!(behind_the_block(quote! {
        impl Arena {
            /// The message of the day.
            #[attribute]
            #[must_use]
            #[deprecated]
            pub fn motd(&self) -> &Attribute<String> {}
            #[attribute]
            #[rename("picture")]
            fn r#type(&self) -> &shard_runtime::Attribute<Vec<u8>> {}
            #[cfg(unix)]
            #[attribute]
            fn level(&self) -> &Level {}
        }
    }));
}

#[test]
fn what_is_forwarded() {
    snapshot!(behind_the_block(quote! {
        #[cfg(feature = "arena")]
        impl Arena {
            /// Documented.
            #[deprecated(note = "use `other`")]
            #[must_use = "reasons"]
            #[cfg(unix)]
            #[inline]
            #[cfg_attr(docsrs, doc = "more")]
            #[rename("first")]
            pub(crate) fn r#match(&self, r#type: u8) -> u8 {}
            #[cfg(not(unix))]
            fn on_stop(&self, node: &shard_runtime::Node) -> Result<(), Error> {}
        }
    }));
}

#[test]
fn slot_hooks() {
    snapshot!(behind_the_block(quote! {
        impl Arena {
            async fn slots_arriving(&self, slots: &Slots, from: Option<&NodeName>) -> Result<(), Error> {}
            #[cfg(unix)]
            fn slots_leaving(&self, _: &shard_runtime::Slots, to: Option<&shard_runtime::NodeName>, cause: LeaveCause) {}
        }
    }));
}

#[test]
fn what_only_shares_a_hooks_name_is_remote() {
    snapshot!(behind_the_block(quote! {
        impl Arena {
            async fn slots_arriving(&self, count: u32) {}
            #[rename("slots_leaving")]
            async fn slots_leaving(&self) {}
        }
    }));
}

#[test]
fn descriptors_have_names_of_their_own() {
    snapshot!(behind_the_block(quote! {
        impl Arena {
            fn a_b(&self) {}
            fn a__b(&self) {}
            fn aB(&self) {}
        }
    }));
}

#[test]
fn mistakes_leave_the_rest_standing() {
    snapshot!(expanded(
        quote!(ownership = "strict"),
        quote! {
            impl Arena {
                const SIZE: usize = 3;
                pub fn fine(&self) -> u8 { 3 }
                pub fn wrong(&mut self, a: &mut u32) -> &str { "" }
                #[oneway]
                pub fn watch(&self) -> Result<impl Stream<Item = u8>, E> {}
                #[attribute]
                pub fn motd(&self, a: u8) -> &Attribute<String> {}
            }
        }
    ));
}

#[test]
fn half_typed_bodies_are_given_back() {
    let tokens = crate::attribute(
        TokenStream::new(),
        quote! {
            impl Arena {
                fn typing(&self) -> u8 { let x = self. ; if }
                fn other(&self) {}
            }
        },
    );
    let tokens = tokens.to_string();
    assert!(tokens.starts_with("impl Arena { fn typing (& self) -> u8 { let x = self . ; if }"), "{tokens}");
    assert!(tokens.contains("struct __Other") && tokens.contains("struct __Typing"), "{tokens}");
    assert!(!tokens.contains("compile_error"), "{tokens}");
}

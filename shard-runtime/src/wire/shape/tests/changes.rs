//! One change, somewhere deep inside.

use std::collections::HashMap;

use serde::Deserialize;

use super::{combine, of};

mod v1 {
    use super::*;

    #[derive(Deserialize)]
    pub(super) struct Player {
        name: String,
        pos: Pos,
        clan: Option<Clan>,
    }
    #[derive(Deserialize)]
    pub(super) struct Pos {
        x: f32,
        y: f32,
    }
    #[derive(Deserialize)]
    pub(super) struct Clan {
        members: Vec<Rank>,
    }
    #[derive(Deserialize)]
    pub(super) enum Rank {
        Private,
        Officer(Commission),
        General { since: u32 },
    }
    #[derive(Deserialize)]
    pub(super) enum Commission {
        None,
        Full { by: Box<Player>, orders: HashMap<String, Order> },
        Pair(u8, u8),
    }
    #[derive(Deserialize)]
    pub(super) enum Order {
        Stay,
        Go { to: Target },
    }
    #[derive(Deserialize)]
    pub(super) struct Target {
        slot: u16,
    }
}

/// The same types with one thing changed.
macro_rules! variation {
    ($module:ident, player { $($player:tt)* }, rank { $($rank:tt)* }, target { $($target:tt)* }) => {
        mod $module {
            use super::*;

            #[derive(Deserialize)]
            pub(super) struct Gamer { $($player)* }
            type Player = Gamer;
            #[derive(Deserialize)]
            pub(super) struct Pos { x: f32, y: f32 }
            #[derive(Deserialize)]
            pub(super) struct Clan { members: Vec<Rank> }
            #[derive(Deserialize)]
            pub(super) enum Rank { $($rank)* }
            #[derive(Deserialize)]
            pub(super) enum Commission {
                None,
                Full { by: Box<Player>, orders: HashMap<String, Order> },
                Pair(u8, u8),
            }
            #[derive(Deserialize)]
            pub(super) enum Order { Stay, Go { to: Target } }
            #[derive(Deserialize)]
            pub(super) struct Target { $($target)* }
        }
    };
}

variation! { renamed,
player { name: String, pos: Pos, clan: Option<Clan> },
rank { Private, Officer(Commission), General { since: u32 } },
target { slot: u16 } }
variation! { field_type,
player { name: String, pos: Pos, clan: Option<Clan> },
rank { Private, Officer(Commission), General { since: u32 } },
target { slot: u32 } }
variation! { field_name,
player { name: String, pos: Pos, clan: Option<Clan> },
rank { Private, Officer(Commission), General { since: u32 } },
target { place: u16 } }
variation! { field_added,
player { name: String, pos: Pos, clan: Option<Clan> },
rank { Private, Officer(Commission), General { since: u32 } },
target { slot: u16, z: () } }
variation! { variant_field,
player { name: String, pos: Pos, clan: Option<Clan> },
rank { Private, Officer(Commission), General { since: u64 } },
target { slot: u16 } }
variation! { variant_name,
player { name: String, pos: Pos, clan: Option<Clan> },
rank { Private, Officer(Commission), Marshal { since: u32 } },
target { slot: u16 } }
variation! { variant_added,
player { name: String, pos: Pos, clan: Option<Clan> },
rank { Private, Officer(Commission), General { since: u32 }, Marshal },
target { slot: u16 } }
variation! { variant_order,
player { name: String, pos: Pos, clan: Option<Clan> },
rank { Officer(Commission), Private, General { since: u32 } },
target { slot: u16 } }
variation! { variant_payload,
player { name: String, pos: Pos, clan: Option<Clan> },
rank { Private, Officer(Commission), General(u32) },
target { slot: u16 } }
variation! { field_order,
player { pos: Pos, name: String, clan: Option<Clan> },
rank { Private, Officer(Commission), General { since: u32 } },
target { slot: u16 } }
variation! { field_optional,
player { name: String, pos: Option<Pos>, clan: Option<Clan> },
rank { Private, Officer(Commission), General { since: u32 } },
target { slot: u16 } }

#[test]
fn one_change_several_levels_deep_is_seen() {
    let base = of::<v1::Player>();
    assert_eq!(of::<renamed::Gamer>(), base, "the name of a struct does not matter");
    let changed = [
        of::<field_type::Gamer>(),
        of::<field_name::Gamer>(),
        of::<field_added::Gamer>(),
        of::<variant_field::Gamer>(),
        of::<variant_name::Gamer>(),
        of::<variant_added::Gamer>(),
        of::<variant_order::Gamer>(),
        of::<variant_payload::Gamer>(),
        of::<field_order::Gamer>(),
        of::<field_optional::Gamer>(),
    ];
    for (place, one) in changed.iter().enumerate() {
        assert_ne!(*one, base, "change {place}");
        assert!(!changed[..place].contains(one), "change {place}");
    }
    // Also where the type is only one of many.
    assert_ne!(
        of::<Vec<Option<Result<u8, (u8, v1::Player)>>>>(),
        of::<Vec<Option<Result<u8, (u8, field_type::Gamer)>>>>()
    );
}

#[test]
fn fingerprints_are_frozen() {
    // They travel between builds: a change of these numbers is a new `WIRE_VERSION`.
    let found = [of::<u8>(), of::<v1::Player>(), of::<HashMap<String, Vec<Option<u8>>>>(), combine(1, 2, 3)];
    assert_eq!(
        found,
        [0x2995_bec8_edff_c9df, 0xc2fe_7c05_e924_18f2, 0xdd0e_464d_1341_0e7e, 0xd178_7779_9911_d4cd]
    );
}

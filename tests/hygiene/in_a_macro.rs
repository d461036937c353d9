//! Modules that come out of somebody's macro, and modules in a function.

use shard_runtime::{State, sharded_module};

macro_rules! arena {
    ($name:ident, $value:ty, $error:ty, $argument:ident) => {
        struct $name;

        #[sharded_module]
        impl $name {
            async fn score(
                &self,
                state: &State,
                $argument: &$value,
                other: $value,
            ) -> Result<$value, $error> {
                let _ = (state, $argument);
                Ok(other)
            }

            fn $argument(&self, text: &str) -> Option<$value> {
                let _ = text;
                None
            }
        }
    };
}

arena!(Arena, u32, String, points);
arena!(Ring, Vec<u8>, (), name);

#[test]
fn a_function_may_have_a_module_of_its_own() {
    struct Arena;

    #[sharded_module(name = "inner")]
    impl Arena {
        async fn score(&self, other: Inner) -> Inner {
            other
        }
    }

    #[derive(serde::Serialize, serde::Deserialize)]
    struct Inner;

    let _: Option<ArenaShard> = None;
}

//! Which methods a node serves, as it tells its peers at the start of a link.

use std::collections::HashSet;
use std::hash::Hasher as _;

use serde::{Deserialize, Serialize};
use siphasher::sip::SipHasher24;

use super::Wire;
use super::codec::{Codec as _, DecodeError, EncodeError};
use super::limits::Limits;

/// The most modules that one node hosts.
pub(crate) const MAX_MODULES: usize = 1024;
/// The most methods that one module has.
pub(crate) const MAX_METHODS: usize = 4096;
/// The longest name of a module or method, in bytes.
pub(crate) const MAX_NAME: usize = 256;

/// The modules that a node hosts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tables {
    pub(crate) modules: Vec<ModuleTable>,
}

/// The methods of one module. A call names its method by the place in here, per link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ModuleTable {
    pub(crate) name: String,
    pub(crate) methods: Vec<MethodSignature>,
}

/// One method: two nodes call each other's only if name and shape are the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MethodSignature {
    pub(crate) name: String,
    /// The fingerprint of arguments, result and error.
    pub(crate) shape: u64,
}

/// Tables that no node should have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum TablesError {
    #[error("more than {MAX_MODULES} modules")]
    TooManyModules,
    #[error("module `{0}` has more than {MAX_METHODS} methods")]
    TooManyMethods(String),
    #[error("a name is empty or longer than {MAX_NAME} bytes")]
    Name,
    #[error("module `{0}` appears twice")]
    DuplicateModule(String),
    #[error("method `{module}::{method}` appears twice")]
    DuplicateMethod { module: String, method: String },
    #[error(transparent)]
    Encode(#[from] EncodeError),
    #[error(transparent)]
    Decode(#[from] DecodeError),
}

impl Tables {
    /// Appends the body of a `Tables` frame.
    pub(crate) fn encode(&self, out: &mut Vec<u8>) -> Result<(), TablesError> {
        self.check()?;
        Ok(Wire::encode(self, out, &Limits::default())?)
    }

    /// Reads the body of a `Tables` frame.
    pub(crate) fn decode(body: &[u8]) -> Result<Self, TablesError> {
        let tables: Self = Wire::decode(body, &Limits::default())?;
        tables.check()?;
        Ok(tables)
    }

    /// The same for the same modules, methods and shapes, in whatever order they are listed.
    pub(crate) fn digest(&self) -> u64 {
        let mut modules: Vec<&ModuleTable> = self.modules.iter().collect();
        modules.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        let mut hash = SipHasher24::new();
        count(&mut hash, modules.len());
        for module in modules {
            let mut methods: Vec<&MethodSignature> = module.methods.iter().collect();
            methods.sort_unstable_by(|a, b| a.name.cmp(&b.name));
            name(&mut hash, &module.name);
            count(&mut hash, methods.len());
            for method in methods {
                name(&mut hash, &method.name);
                hash.write(&method.shape.to_le_bytes());
            }
        }
        hash.finish()
    }

    fn check(&self) -> Result<(), TablesError> {
        if self.modules.len() > MAX_MODULES {
            return Err(TablesError::TooManyModules);
        }
        let mut names = HashSet::new();
        for module in &self.modules {
            module.check()?;
            if !names.insert(module.name.as_str()) {
                return Err(TablesError::DuplicateModule(module.name.clone()));
            }
        }
        Ok(())
    }
}

impl ModuleTable {
    fn check(&self) -> Result<(), TablesError> {
        check_name(&self.name)?;
        if self.methods.len() > MAX_METHODS {
            return Err(TablesError::TooManyMethods(self.name.clone()));
        }
        let mut names = HashSet::new();
        for method in &self.methods {
            check_name(&method.name)?;
            if !names.insert(method.name.as_str()) {
                let (module, method) = (self.name.clone(), method.name.clone());
                return Err(TablesError::DuplicateMethod { module, method });
            }
        }
        Ok(())
    }
}

fn check_name(name: &str) -> Result<(), TablesError> {
    if (1..=MAX_NAME).contains(&name.len()) { Ok(()) } else { Err(TablesError::Name) }
}

// Lengths as `u64` in front of what they count: the bytes are the same on every platform, and no two tables
// write the same ones.
fn count(hash: &mut SipHasher24, len: usize) {
    hash.write(&u64::try_from(len).unwrap_or(u64::MAX).to_le_bytes());
}

fn name(hash: &mut SipHasher24, name: &str) {
    count(hash, name.len());
    hash.write(name.as_bytes());
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn module(name: &str, methods: &[(&str, u64)]) -> ModuleTable {
        let methods =
            methods.iter().map(|(name, shape)| MethodSignature { name: (*name).into(), shape: *shape });
        ModuleTable { name: name.into(), methods: methods.collect() }
    }

    fn tables() -> impl Strategy<Value = Tables> {
        let methods = proptest::collection::btree_map("[a-z_]{1,6}", any::<u64>(), 0..6);
        proptest::collection::btree_map("[A-Z][a-z]{0,5}", methods, 0..6).prop_map(|modules| Tables {
            modules: modules
                .into_iter()
                .map(|(name, methods)| ModuleTable {
                    name,
                    methods: methods
                        .into_iter()
                        .map(|(name, shape)| MethodSignature { name, shape })
                        .collect(),
                })
                .collect(),
        })
    }

    proptest! {
        #[test]
        fn tables_come_back(tables in tables()) {
            let mut out = Vec::new();
            tables.encode(&mut out).unwrap();
            prop_assert_eq!(Tables::decode(&out).unwrap(), tables);
        }

        #[test]
        fn the_order_does_not_matter_to_the_digest(tables in tables()) {
            let mut turned = tables.clone();
            turned.modules.reverse();
            turned.modules.iter_mut().for_each(|module| module.methods.reverse());
            prop_assert_eq!(turned.digest(), tables.digest());
        }

        #[test]
        fn any_bytes_are_tables_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Tables::decode(&bytes);
        }
    }

    #[test]
    fn digest_and_bytes_are_frozen() {
        let tables = Tables { modules: vec![module("Arena", &[("score", 1), ("players", u64::MAX)])] };
        let mut out = Vec::new();
        tables.encode(&mut out).unwrap();
        assert_eq!(out, b"\x01\x05Arena\x02\x05score\x01\x07players\xfd\xff\xff\xff\xff\xff\xff\xff\xff");
        // Computed with another implementation of SipHash-2-4.
        assert_eq!(Tables::default().digest(), 0xe849_e8bb_6ffe_2567);
        assert_eq!(tables.digest(), 0x3471_723f_33da_7e58);
    }

    #[test]
    fn everything_counts_in_the_digest() {
        let digest = |modules: &[ModuleTable]| Tables { modules: modules.to_vec() }.digest();
        let base = digest(&[module("A", &[("x", 1), ("y", 2)]), module("B", &[])]);
        for other in [
            digest(&[module("A", &[("x", 1), ("y", 3)]), module("B", &[])]),
            digest(&[module("A", &[("x", 1), ("z", 2)]), module("B", &[])]),
            digest(&[module("A", &[("x", 2), ("y", 1)]), module("B", &[])]),
            digest(&[module("A", &[("x", 1)]), module("B", &[("y", 2)])]),
            digest(&[module("A", &[("x", 1), ("y", 2)])]),
            digest(&[module("AB", &[("x", 1), ("y", 2)])]),
        ] {
            assert_ne!(other, base);
        }
    }

    #[test]
    fn bounds_hold_in_both_directions() {
        let refused = |tables: Tables| {
            let error = tables.encode(&mut Vec::new()).unwrap_err();
            let mut out = Vec::new();
            Wire::encode(&tables, &mut out, &Limits::default()).unwrap();
            assert_eq!(Tables::decode(&out).unwrap_err(), error);
            error
        };
        let of = |modules: Vec<ModuleTable>| Tables { modules };
        let long = "n".repeat(MAX_NAME + 1);
        assert_eq!(refused(of(vec![module(&long, &[])])), TablesError::Name);
        assert_eq!(refused(of(vec![module("", &[])])), TablesError::Name);
        assert_eq!(refused(of(vec![module("A", &[(&long, 1)])])), TablesError::Name);
        let twice = refused(of(vec![module("A", &[]), module("A", &[])]));
        assert_eq!(twice, TablesError::DuplicateModule("A".into()));
        let twice = refused(of(vec![module("A", &[("x", 1), ("x", 2)])]));
        assert!(matches!(twice, TablesError::DuplicateMethod { method, .. } if method == "x"));
        let many = (0..=MAX_MODULES).map(|n| module(&n.to_string(), &[])).collect();
        assert_eq!(refused(of(many)), TablesError::TooManyModules);
        let names: Vec<String> = (0..=MAX_METHODS).map(|n| n.to_string()).collect();
        let methods: Vec<(&str, u64)> = names.iter().map(|name| (name.as_str(), 1)).collect();
        assert!(matches!(refused(of(vec![module("A", &methods)])), TablesError::TooManyMethods(_)));
    }
}

//! What a node is told before it starts: by code, by the environment, or by the defaults, in this order.

pub(crate) mod address;
mod environment;
mod error;
mod interfaces;
mod quantity;
mod secret_file;
mod secret_text;
mod settings;

pub(crate) use environment::process_environment;
pub use error::ConfigError;
pub(crate) use interfaces::{host_name, interfaces};
pub(crate) use secret_file::{development_secret, state_directory};
pub(crate) use secret_text::SecretText;
pub(crate) use settings::{LARGEST_MESSAGE, Overlay, Settings};

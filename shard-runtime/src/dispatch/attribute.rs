//! A value of a module that others may read, set and watch.

use core::fmt;

use futures::Stream;
use tokio::sync::watch;

/// A value that a module offers: `#[attribute] fn motd(&self) -> &Attribute<String>` in its block makes it readable
/// (`shard.motd()`), settable (`shard.set_motd(value)`) and watchable (`shard.watch_motd()`) over shards and
/// broadcasts.
///
/// It belongs to one module object, and so to one node: nothing is replicated. A broadcast that sets it sets it on
/// each node by itself, and a node that joins later starts with its own first value. A program that wants one value
/// everywhere asks the other nodes once its own is [ready](crate::Node::ready) (in `on_start` it does not know them yet),
/// or keeps the value in a module with `limit = 1`.
///
/// # Example
///
/// ```
/// use shard_runtime::Attribute;
///
/// let motd = Attribute::new("welcome".to_owned());
/// motd.set("back at noon".to_owned());
/// assert_eq!(motd.get(), "back at noon");
/// ```
pub struct Attribute<T> {
    value: watch::Sender<T>,
}

impl<T> Attribute<T> {
    /// An attribute with its first value.
    pub fn new(value: T) -> Self {
        Self { value: watch::Sender::new(value) }
    }

    /// The present value.
    pub fn get(&self) -> T
    where
        T: Clone,
    {
        self.value.borrow().clone()
    }

    /// Sets another value, and tells everybody who watches.
    pub fn set(&self, value: T) {
        self.value.send_replace(value);
    }

    /// Changes the value in place, and tells everybody who watches. Nobody reads it meanwhile, so `change` is to be
    /// short, and must not use the attribute itself.
    pub fn update(&self, change: impl FnOnce(&mut T)) {
        self.value.send_modify(change);
    }

    /// The present value, and then each other one that is set. Whoever reads more slowly than values are set misses
    /// some, but never the newest. Ends when the attribute is dropped.
    pub fn watch(&self) -> impl Stream<Item = T> + Send + 'static
    where
        T: Clone + Send + Sync + 'static,
    {
        let mut changes = self.value.subscribe();
        changes.mark_changed();
        futures::stream::unfold(changes, |mut changes| async move {
            changes.changed().await.ok()?;
            let value = changes.borrow_and_update().clone();
            Some((value, changes))
        })
    }
}

impl<T: Default> Default for Attribute<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> From<T> for Attribute<T> {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

impl<T: fmt::Debug> fmt::Debug for Attribute<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Attribute").field(&*self.value.borrow()).finish()
    }
}

/// `Attribute<T>`, also behind an alias.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an `Attribute`, but the method is marked as one",
    label = "this is not an `Attribute`",
    note = "return `&Attribute<T>`, or remove `#[attribute]`"
)]
pub trait IsAttribute {
    /// `T` of `Attribute<T>`.
    type Value;
}

impl<T> IsAttribute for Attribute<T> {
    type Value = T;
}

#[cfg(test)]
mod tests {
    use core::pin::pin;

    use futures::{FutureExt as _, StreamExt as _};

    use super::*;

    #[tokio::test]
    async fn a_watcher_sees_the_present_value_first_and_never_misses_the_newest() {
        let attribute = Attribute::new(1);
        let mut seen = pin!(attribute.watch());
        assert_eq!(seen.next().await, Some(1));
        assert_eq!(seen.next().now_or_never(), None);
        attribute.set(2);
        attribute.update(|value| *value += 1);
        assert_eq!(seen.next().await, Some(3));
        assert_eq!(seen.next().now_or_never(), None);
    }

    #[tokio::test]
    async fn what_was_set_last_is_seen_before_the_end() {
        let attribute = Attribute::new(1);
        let seen = attribute.watch();
        attribute.set(2);
        drop(attribute);
        assert_eq!(seen.collect::<Vec<_>>().await, [2]);
    }
}

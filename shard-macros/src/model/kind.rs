//! What a method is to its callers, and where its body runs.

/// The kinds of methods, each with what may be said about it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// One answer, from a body on the runtime's threads. A detached one runs to its end, whatever becomes of
    /// the caller.
    Unary { body: Body, answer: Answer, detached: bool },
    /// One answer, from a body on a thread of its own, which nobody can cut short.
    Blocking { answer: Answer },
    /// Items, one after another.
    Stream { body: Body },
    /// A value that is kept in the module.
    Attribute(Access),
}

/// How a body is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Body {
    /// An `async fn`, polled by the runtime.
    Async,
    /// A plain `fn`, run in line.
    Plain,
}

/// What becomes of the answer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The caller waits for it.
    Awaited,
    /// The caller waits for it, and may ask again: the method is idempotent.
    Repeatable,
    /// Nobody waits for it: the method is one-way, and gives nothing.
    Unheard,
}

/// The three methods of an attribute.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    Get,
    Set,
    Watch,
}

/// What the runtime must know to run the method: one kind of row of the dispatch table for each.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Running {
    /// A future that gives one answer.
    Unary,
    /// An answer at once, from a body that never waits.
    Plain,
    Blocking,
    Stream,
}

impl Kind {
    /// How the method is run.
    pub(crate) fn running(self) -> Running {
        match self {
            Self::Unary { body: Body::Async, .. } => Running::Unary,
            Self::Unary { body: Body::Plain, .. } | Self::Attribute(Access::Get | Access::Set) => {
                Running::Plain
            }
            Self::Blocking { .. } => Running::Blocking,
            Self::Stream { .. } | Self::Attribute(Access::Watch) => Running::Stream,
        }
    }

    /// Whether the body is an `async fn`.
    pub(crate) fn is_async(self) -> bool {
        matches!(self, Self::Unary { body: Body::Async, .. } | Self::Stream { body: Body::Async })
    }

    /// Whether the method runs to its end, whatever becomes of the caller.
    pub(crate) fn is_detached(self) -> bool {
        matches!(self, Self::Unary { detached: true, .. })
    }

    /// Whether a call that may have run can be repeated.
    pub(crate) fn is_idempotent(self) -> bool {
        self.answer() == Answer::Repeatable
    }

    /// Whether nobody waits for the answer.
    pub(crate) fn is_oneway(self) -> bool {
        self.answer() == Answer::Unheard
    }

    fn answer(self) -> Answer {
        match self {
            Self::Unary { answer, .. } | Self::Blocking { answer } => answer,
            Self::Stream { .. } | Self::Attribute(_) => Answer::Awaited,
        }
    }
}

//! A method in its span.

use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};

use pin_project_lite::pin_project;
use tracing::Span;

pin_project! {
    /// A future that is polled in a span, where there is one. Almost always there is none, and then it costs a word.
    pub(super) struct Within<F> {
        #[pin]
        future: F,
        span: Option<Box<Span>>,
    }
}

impl<F: Future> Within<F> {
    pub(super) fn new(span: Option<Box<Span>>, future: F) -> Self {
        Self { future, span }
    }
}

impl<F: Future> Future for Within<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _entered = this.span.as_ref().map(|span| span.enter());
        this.future.poll(cx)
    }
}

pub(in crate::node) struct Liveness;
impl Liveness {
    pub(in crate::node) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) { tokio::spawn(task); }
}

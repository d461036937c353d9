//! What a node says of itself has a bound, and a node that says more does not start.

use shard_runtime::testing::Cluster;
use shard_runtime::{ConfigError, Error, NodeBuilder, sharded_module};

macro_rules! modules {
    ($($name:ident)*) => {
        $(
            struct $name;

            #[sharded_module]
            impl $name {}
        )*

        /// A node with all of these.
        fn crowded(node: NodeBuilder) -> NodeBuilder {
            node$(.module($name))*
        }
    };
}

modules! {
    AModuleWithSuchALongNameThatTwentyFourOfItTakeMoreThanHalfOfWhatANodeMaySayOfItselfAtAllNumber01
    AModuleWithSuchALongNameThatTwentyFourOfItTakeMoreThanHalfOfWhatANodeMaySayOfItselfAtAllNumber02
    AModuleWithSuchALongNameThatTwentyFourOfItTakeMoreThanHalfOfWhatANodeMaySayOfItselfAtAllNumber03
    AModuleWithSuchALongNameThatTwentyFourOfItTakeMoreThanHalfOfWhatANodeMaySayOfItselfAtAllNumber04
    AModuleWithSuchALongNameThatTwentyFourOfItTakeMoreThanHalfOfWhatANodeMaySayOfItselfAtAllNumber05
    AModuleWithSuchALongNameThatTwentyFourOfItTakeMoreThanHalfOfWhatANodeMaySayOfItselfAtAllNumber06
    AModuleWithSuchALongNameThatTwentyFourOfItTakeMoreThanHalfOfWhatANodeMaySayOfItselfAtAllNumber07
    AModuleWithSuchALongNameThatTwentyFourOfItTakeMoreThanHalfOfWhatANodeMaySayOfItselfAtAllNumber08
    AModuleWithSuchALongNameThatTwentyFourOfItTakeMoreThanHalfOfWhatANodeMaySayOfItselfAtAllNumber09
    AModuleWithSuchALongNameThatTwentyFourOfItTakeMoreThanHalfOfWhatANodeMaySayOfItselfAtAllNumber10
    AModuleWithSuchALongNameThatTwentyFourOfItTakeMoreThanHalfOfWhatANodeMaySayOfItselfAtAllNumber11
    AModuleWithSuchALongNameThatTwentyFourOfItTakeMoreThanHalfOfWhatANodeMaySayOfItselfAtAllNumber12
    AModuleWithSuchALongNameThatTwentyFourOfItTakeMoreThanHalfOfWhatANodeMaySayOfItselfAtAllNumber13
    AModuleWithSuchALongNameThatTwentyFourOfItTakeMoreThanHalfOfWhatANodeMaySayOfItselfAtAllNumber14
    AModuleWithSuchALongNameThatTwentyFourOfItTakeMoreThanHalfOfWhatANodeMaySayOfItselfAtAllNumber15
    AModuleWithSuchALongNameThatTwentyFourOfItTakeMoreThanHalfOfWhatANodeMaySayOfItselfAtAllNumber16
    AModuleWithSuchALongNameThatTwentyFourOfItTakeMoreThanHalfOfWhatANodeMaySayOfItselfAtAllNumber17
    AModuleWithSuchALongNameThatTwentyFourOfItTakeMoreThanHalfOfWhatANodeMaySayOfItselfAtAllNumber18
    AModuleWithSuchALongNameThatTwentyFourOfItTakeMoreThanHalfOfWhatANodeMaySayOfItselfAtAllNumber19
    AModuleWithSuchALongNameThatTwentyFourOfItTakeMoreThanHalfOfWhatANodeMaySayOfItselfAtAllNumber20
    AModuleWithSuchALongNameThatTwentyFourOfItTakeMoreThanHalfOfWhatANodeMaySayOfItselfAtAllNumber21
    AModuleWithSuchALongNameThatTwentyFourOfItTakeMoreThanHalfOfWhatANodeMaySayOfItselfAtAllNumber22
    AModuleWithSuchALongNameThatTwentyFourOfItTakeMoreThanHalfOfWhatANodeMaySayOfItselfAtAllNumber23
    AModuleWithSuchALongNameThatTwentyFourOfItTakeMoreThanHalfOfWhatANodeMaySayOfItselfAtAllNumber24
}

fn roles(count: usize) -> impl Iterator<Item = String> + Clone {
    (0..count).map(|n| format!("{n:060}"))
}

#[tokio::test(start_paused = true)]
async fn a_node_that_has_more_to_say_of_itself_than_4_kib_does_not_start_and_says_so() {
    let start = async |node: fn(NodeBuilder) -> NodeBuilder| Cluster::of(2, node).await;
    let fits = start(crowded).await.unwrap();
    assert_eq!(fits.node(0).view().get("node-1").unwrap().modules.len(), 24, "and that is told in full");
    assert!(start(|node| node.roles(roles(32))).await.is_ok());
    let Err(error) = start(|node| crowded(node).roles(roles(32))).await else { panic!("it has started") };
    assert!(matches!(error, Error::Config(ConfigError::Malformed { .. })), "{error:?}");
    let text = error.to_string();
    println!("{text}");
    assert!(text.contains("what this node says of itself") && text.contains("4 KiB"), "{text}");
}

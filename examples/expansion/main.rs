//! What the attribute makes of a module: `written.rs` beside `expanded.rs`, which is the same by hand, with
//! the reasons. A test of the attribute's keeps the two equal.
//!
//! ```text
//! cargo run --example expansion
//! ```

#![expect(unreachable_pub, reason = "a module's items are public where it is part of a library")]

use std::error::Error;

use shard_runtime::testing::Cluster;

// Line by line as the comments in it need it.
#[rustfmt::skip]
mod expanded;
mod written;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let cluster = Cluster::of(2, |node| node.module(written::Arena::default())).await?;
    let shard = cluster.node(0).module::<written::Arena>().create_shard("arena-42")?;
    println!("by the attribute: {}", shard.crunch(b"replay").await?);

    let cluster = Cluster::of(2, |node| node.module(expanded::Arena::default())).await?;
    let shard = cluster.node(0).module::<expanded::Arena>().create_shard("arena-42")?;
    println!("by hand:          {}", shard.crunch(b"replay").await?);
    Ok(())
}

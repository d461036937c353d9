//! Calls from one process to another: shard-runtime's, tarpc's and ZeroMQ's, in the same run.
//!
//! The program starts itself once more as the server, which serves all of them, and calls it. What they do is the same
//! (`work.rs`), as are the runtime of two workers on either side, the loopback, and `TCP_NODELAY`. They take turns, and
//! the medians of all rounds are shown: what the machine does meanwhile is in all of them. Believe the ratios; while the
//! machine is busy, only those of CPU.
//!
//! ```console
//! $ cargo run --release --package calls                 both processes on all cores
//! $ cargo run --release --package calls -- --core 0     both on one core, so that the figure is the cost of the path
//! $ cargo run --release --package calls -- --quick      few and short rounds, to see that it runs
//! ```

mod arguments;
mod cpu;
mod figures;
mod load;
mod peer;
mod server;
mod shard;
mod table;
mod tarpc;
mod work;
mod zeromq;

use std::error::Error;
use std::thread;

use tokio::runtime::{Builder, Runtime};

use arguments::{Arguments, Role};
use figures::Figures;
use load::Load;
use peer::{Handlers, Peer};
use server::Server;
use table::Table;

type Outcome<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> Outcome {
    let arguments = Arguments::read()?;
    match arguments.role {
        Role::Server => server::run(&runtime()?),
        Role::Client if arguments.core.is_some() => arguments.again_on_its_core(),
        Role::Client => {
            let server = Server::start()?;
            // In a task, as in a program: what `block_on` runs is woken from another thread each time.
            let runtime = runtime()?;
            let table = runtime.block_on(runtime.spawn(compare(server, arguments.load())))??;
            print!("{table}");
            Ok(())
        }
    }
}

fn runtime() -> Outcome<Runtime> {
    Ok(Builder::new_multi_thread().worker_threads(2).enable_all().build()?)
}

async fn compare(server: Server, load: Load) -> Outcome<Table> {
    let ours = shard::Client::connect(&server.addresses).await?;
    let a_task_each = tarpc::Client::connect(&server.addresses, Handlers::InTasks).await?;
    let in_line = tarpc::Client::connect(&server.addresses, Handlers::InLine).await?;
    let zeromq = zeromq::Client::connect(&server.addresses).await?;

    let mut table = Table::new(["ours", "tarpc", "tarpc, in line", "ZeroMQ"], load, cores());
    let processes = cpu::Processes::new(server.id());
    for round in 0..=load.rounds {
        let measured = [
            round_of(&ours, load, &processes).await?,
            round_of(&a_task_each, load, &processes).await?,
            round_of(&in_line, load, &processes).await?,
            round_of(&zeromq, load, &processes).await?,
        ];
        // The first round is for warming up.
        if round > 0 {
            table.add(measured);
        }
    }
    Ok(table)
}

async fn round_of(peer: &impl Peer, load: Load, processes: &cpu::Processes) -> Outcome<Figures> {
    let [p50, p99, alone_cpu] = load.alone(peer, processes).await?;
    let few = load.together(peer, 64, processes).await?;
    let many = load.together(peer, 512, processes).await?;
    let megabytes = load.echo(peer).await?;
    Ok(Figures { p50, p99, alone_cpu, few, many, megabytes })
}

fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

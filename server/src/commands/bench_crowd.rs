//! How long one run of a tenant waits beside another tenant with very many.

use std::time::Duration;

use domain::operation::OperationType;
use operations::{Bulk, Services};
use serde_json::{Value, json};
use tokio::{
    sync::{mpsc::unbounded_channel, watch},
    time::{MissedTickBehavior, interval},
};

use super::{
    bench_paced::{Press, press_one, times_of, wait_for_the_last},
    bench_runs::pool,
    bench_target::at,
};

/// How many tenants are pressed in turns, and how often.
const TENANTS: usize = 50;
const PAUSE: Duration = Duration::from_millis(50);

/// What pressing beside a crowd led to.
pub(crate) struct Beside {
    crowd: usize,
    times: Vec<Duration>,
}

/// Queues a crowd of runs of one tenant, and presses start in others for as long as it waits.
pub(crate) async fn press(
    services: &Services,
    crowd: usize,
    workers: usize,
) -> anyhow::Result<Beside> {
    let others = services.make_bulk(1, TENANTS).await?;
    let crowded = services.make_bulk(1, 1).await?;
    services
        .fill_queue(&crowded, OperationType::LabNoop, crowd)
        .await?;
    let (stop, stopped) = watch::channel(false);
    let (begun, beginnings) = unbounded_channel();
    let working = pool(services, workers).telling(begun);
    let working = tokio::spawn(working.run(stopped));
    let pressed = press_while_it_waits(services, &others, &crowded).await?;
    wait_for_the_last(services.store()).await?;
    stop.send(true)?;
    working.await?;
    Ok(Beside {
        crowd,
        times: times_of(&pressed, beginnings).await,
    })
}

async fn press_while_it_waits(
    services: &Services,
    others: &Bulk,
    crowded: &Bulk,
) -> anyhow::Result<Vec<Option<Press>>> {
    let mut tick = interval(PAUSE);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut pressed = Vec::new();
    for tenant in others.tenant_ids().cycle() {
        tick.tick().await;
        let press = press_one(services, others, tenant).await;
        // Beside a crowd that is gone it would say nothing.
        if services.queued(crowded).await? == 0 {
            break;
        }
        pressed.push(press);
    }
    Ok(pressed)
}

impl Beside {
    /// Tells it in words, and as the fields of a JSON object.
    pub(crate) fn tell(mut self) -> Value {
        let [p50, p95] = [50, 95].map(|percent| at(&mut self.times, percent));
        let most = self.times.last().copied().unwrap_or_default();
        let most = most.as_secs_f64() * 1000.0;
        println!(
            "  press to running beside {} waiting runs of another tenant: p50 {p50:.1} ms, p95 {p95:.1} ms, longest {most:.1} ms; {} presses",
            self.crowd,
            self.times.len()
        );
        json!({
            "crowd": self.crowd, "presses": self.times.len(), "p50_ms": p50, "p95_ms": p95, "longest_ms": most,
        })
    }
}

//! How the process logs and learns that it is to stop.

use tokio::{signal, sync::watch};
use tracing_subscriber::{EnvFilter, fmt};

/// Logs to stderr: stdout belongs to what a program may read.
pub(crate) fn log_to_stderr() {
    let filter = EnvFilter::try_from_env("TENANT_ATLAS_LOG")
        .unwrap_or_else(|_| EnvFilter::new("warn,operations=info,server=info,tenant_atlas=info"));
    // A second subscriber is refused; the first one goes on.
    let _ = fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .try_init();
}

/// Turns true when the process is asked to stop.
pub(crate) fn stop_signal() -> watch::Receiver<bool> {
    let (stop, stopped) = watch::channel(false);
    tokio::spawn(async move {
        asked_to_stop().await;
        tracing::info!("stopping: no new runs are claimed, running ones may finish");
        let _ = stop.send(true);
        // The sender lives on, so that receivers never mistake a closed channel for a signal.
        std::future::pending::<()>().await;
    });
    stopped
}

async fn asked_to_stop() {
    let interrupt = signal::ctrl_c();
    #[cfg(unix)]
    {
        let terminate = signal::unix::signal(signal::unix::SignalKind::terminate());
        match terminate {
            Ok(mut terminate) => tokio::select! {
                _ = interrupt => {}
                _ = terminate.recv() => {}
            },
            Err(_) => drop(interrupt.await),
        }
    }
    #[cfg(not(unix))]
    drop(interrupt.await);
}

/// An error with its causes, each said once: some name theirs themselves.
pub(crate) fn told(error: &anyhow::Error) -> String {
    let mut told: Vec<String> = Vec::new();
    for cause in error.chain().map(ToString::to_string) {
        if !told.iter().any(|it| it.contains(&cause)) {
            told.push(cause);
        }
    }
    told.join(": ")
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    #[test]
    fn a_cause_that_is_named_already_is_not_said_again() {
        let error = anyhow!("(code: 14) no file")
            .context("answered from the database: (code: 14) no file")
            .context("it cannot be opened");
        let said = "it cannot be opened: answered from the database: (code: 14) no file";
        assert_eq!(told(&error), said);
    }
}

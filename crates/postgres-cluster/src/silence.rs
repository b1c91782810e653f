//! A server that stands still with everything it has begun: nobody is told anything, and no connection ends.

use std::{fs, io};

use crate::account::plain;

/// Stops a server and its children, or lets them go on.
///
/// Each child is in a session of its own, so no group has them all; the server is asked to stop first, and has
/// no more children from then on.
pub(crate) fn signal_all(server: u32, name: &str) -> io::Result<()> {
    signal(&[server], name)?;
    signal(&children(server)?, name)
}

fn signal(processes: &[u32], name: &str) -> io::Result<()> {
    if processes.is_empty() {
        return Ok(());
    }
    let ids = processes.iter().map(u32::to_string);
    // One that has ended meanwhile makes the others no less told.
    plain("kill").arg(name).args(ids).output().map(drop)
}

/// The processes that have this one as their parent.
pub(crate) fn children(of: u32) -> io::Result<Vec<u32>> {
    let mut children = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let name = entry?.file_name();
        let Some(process) = name.to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        // It may have ended since.
        if state_of(process).is_some_and(|(_, parent)| parent == of) {
            children.push(process);
        }
    }
    Ok(children)
}

/// What a process is doing, as one letter, and its parent.
pub(crate) fn state_of(process: u32) -> Option<(char, u32)> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name before it may hold anything, brackets too.
    let (_, rest) = stat.rsplit_once(')')?;
    let mut words = rest.split_ascii_whitespace();
    let state = words.next()?.chars().next()?;
    Some((state, words.next()?.parse().ok()?))
}

//! What this machine is called.

/// The machine's name without its domain, which says more about a network than anybody has to know.
pub(super) fn name() -> String {
    let told = std::fs::read_to_string("/proc/sys/kernel/hostname")
        .ok()
        .or_else(|| std::env::var("HOSTNAME").ok())
        .unwrap_or_default();
    bare(&told)
}

fn bare(told: &str) -> String {
    let name = told.trim().split('.').next().unwrap_or_default();
    let name: String = name
        .chars()
        .filter(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_'))
        .take(63)
        .collect();
    if name.is_empty() {
        "unknown".to_owned()
    } else {
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_domain_stays_where_it_is() {
        for (told, name) in [
            ("worker-1\n", "worker-1"),
            ("worker-1.example.test", "worker-1"),
            ("", "unknown"),
            (".example.test", "unknown"),
        ] {
            assert_eq!(bare(told), name);
        }
    }
}

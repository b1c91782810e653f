//! Whether a fault means a request.

use super::Fault;

/// Where a request goes, as far as faults look at it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) tenant_id: Option<&'a str>,
    /// The path as sent, decoded: `/v1.0/groups`.
    pub(crate) path: &'a str,
    /// The same without version or tenant: `/groups`, `/oauth2/v2.0/token`.
    pub(crate) short: &'a str,
}

impl Place<'_> {
    pub(crate) fn is_meant_by(&self, fault: &Fault) -> bool {
        let tenant_fits = fault.tenant_id.as_deref().is_none_or(|wanted| {
            self.tenant_id
                .is_some_and(|tenant| tenant.eq_ignore_ascii_case(wanted))
        });
        let route_fits = fault
            .route
            .as_deref()
            .is_none_or(|route| fits(route, self.path) || fits(route, self.short));
        tenant_fits && route_fits
    }
}

/// `*` stands for any characters; without one the route is a prefix.
fn fits(route: &str, path: &str) -> bool {
    let Some((head, rest)) = route.split_once('*') else {
        return path.starts_with(route);
    };
    let Some(mut left) = path.strip_prefix(head) else {
        return false;
    };
    // Every literal piece but the last is taken where it first occurs: the star
    // after it can swallow the rest.
    let mut pieces = rest.split('*').peekable();
    while let Some(piece) = pieces.next() {
        if pieces.peek().is_none() {
            return left.ends_with(piece);
        }
        match left.split_once(piece) {
            Some((_, after)) => left = after,
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn routes_are_prefixes_or_globs() {
        for (route, path) in [
            ("/groups", "/groups/1"),
            ("", "/anything"),
            ("*", "/anything"),
            ("/v1.0/*", "/v1.0/groups"),
            ("*/token", "/t/oauth2/v2.0/token"),
            (
                "*/configurationPolicies/*/settings",
                "/beta/x/configurationPolicies/1/settings",
            ),
        ] {
            assert!(fits(route, path), "{route} {path}");
        }
        for (route, path) in [
            ("/groups", "/v1.0/groups"),
            ("*/settings", "/a/settings/1"),
            ("/a*b*c", "/a-c-b"),
            ("/aa*aa", "/aaa"),
        ] {
            assert!(!fits(route, path), "{route} {path}");
        }
    }
}

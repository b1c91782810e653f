//! Zones by their IANA names, and how moments are written in them.

use domain::time::Timestamp;
use jiff::{civil, tz};

use crate::rule::UnknownZone;

/// A zone of the IANA database, as this program carries it.
#[derive(Debug, Clone)]
pub struct Zone(pub(crate) tz::TimeZone);

impl Zone {
    /// The zone with this name; only the way the database itself writes it is a name.
    ///
    /// # Errors
    /// [`UnknownZone`] for anything else.
    pub fn named(name: &str) -> Result<Self, UnknownZone> {
        let unknown = || UnknownZone {
            name: name.to_owned(),
        };
        let zone = tz::db().get(name).map_err(|_| unknown())?;
        match zone.iana_name() {
            Some(known) if known == name && name != "Etc/Unknown" => Ok(Self(zone)),
            _ => Err(unknown()),
        }
    }

    /// The name of the database that somebody meant, in whatever case it was typed; none where there is none.
    pub fn spelled(typed: &str) -> Option<String> {
        let known = tz::db().get(typed).ok()?;
        let name = known.iana_name()?;
        (name.eq_ignore_ascii_case(typed) && Self::named(name).is_ok()).then(|| name.to_owned())
    }

    /// A moment as this zone's clocks and calendars show it, `2026-11-21 03:29`.
    pub fn minute(&self, at: Timestamp) -> String {
        match self.civil(at) {
            Some(local) => local.strftime("%Y-%m-%d %H:%M").to_string(),
            None => at.exact(),
        }
    }

    /// A moment with its weekday, `Sat 2026-11-21 03:29`.
    pub fn weekday_and_minute(&self, at: Timestamp) -> String {
        match self.civil(at) {
            Some(local) => local.strftime("%a %Y-%m-%d %H:%M").to_string(),
            None => at.exact(),
        }
    }

    fn civil(&self, at: Timestamp) -> Option<civil::DateTime> {
        let at = jiff::Timestamp::from_microsecond(at.0).ok()?;
        Some(self.0.to_datetime(at))
    }
}

/// The names that are offered: places and UTC, without the aliases of old.
pub fn zone_names() -> Vec<String> {
    let places = [
        "Africa/",
        "America/",
        "Antarctica/",
        "Arctic/",
        "Asia/",
        "Atlantic/",
        "Australia/",
        "Europe/",
        "Indian/",
        "Pacific/",
    ];
    tz::db()
        .available()
        .map(|name| name.as_str().to_owned())
        .filter(|name| name == "UTC" || places.iter().any(|place| name.starts_with(place)))
        .collect()
}

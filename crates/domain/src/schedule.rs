//! Schedules: the words of their rule, their states, and what becomes of a slot.
//!
//! The calculation of slots needs the zones of the world and stands in `timetable`, on the server alone.

use serde::{Deserialize, Serialize};

use crate::words::words;

words! {
    /// A day of the week.
    pub enum Weekday {
        /// Monday.
        Monday = "mon",
        /// Tuesday.
        Tuesday = "tue",
        /// Wednesday.
        Wednesday = "wed",
        /// Thursday.
        Thursday = "thu",
        /// Friday.
        Friday = "fri",
        /// Saturday.
        Saturday = "sat",
        /// Sunday.
        Sunday = "sun",
    }
}

words! {
    /// Whether a schedule takes slots.
    pub enum ScheduleState {
        /// It does.
        Active = "active",
        /// It does not, until somebody resumes it.
        Paused = "paused",
        /// It never will again; its past stays.
        Deleted = "deleted",
    }
}

words! {
    /// What became of a slot.
    pub enum SlotFate {
        /// It has a run, which says the rest.
        Run = "run",
        /// It came, and was left out on purpose.
        Skipped = "skipped",
        /// Nobody was there when it came.
        Missed = "missed",
    }
}

words! {
    /// Why a slot was skipped.
    pub enum SkipReason {
        /// The same operation was still queued or running.
        StillActive = "still_active",
        /// Another operation used the tenant's connection until the grace was over.
        ConnectionBusy = "connection_busy",
        /// The gate refuses it whatever anybody mends, so there is no run.
        Refused = "refused",
        /// Somebody changed, paused or deleted the schedule after the slot had come and before it was decided about.
        Changed = "schedule_changed",
    }
}

words! {
    /// How often a schedule runs.
    pub enum CadenceWord {
        /// Every day.
        Daily = "daily",
        /// On chosen days of the week.
        Weekly = "weekly",
    }
}

/// A set of days of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Days(u8);

impl Days {
    /// Every day.
    pub const ALL: Self = Self(0b111_1111);

    /// The days among these.
    pub fn of(days: impl IntoIterator<Item = Weekday>) -> Self {
        Self(days.into_iter().fold(0, |set, day| set | Self::bit(day)))
    }

    /// The set with this number, as it is stored; bits beyond the week are none.
    pub fn from_bits(bits: i64) -> Option<Self> {
        let bits = u8::try_from(bits).ok()?;
        (bits & !Self::ALL.0 == 0).then_some(Self(bits))
    }

    /// The set as it is stored.
    pub const fn bits(self) -> i64 {
        self.0 as i64
    }

    /// Whether a day is in it.
    pub const fn contains(self, day: Weekday) -> bool {
        self.0 & Self::bit(day) != 0
    }

    /// Whether no day is in it.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Its days, from Monday on.
    pub fn iter(self) -> impl Iterator<Item = Weekday> {
        Weekday::ALL
            .iter()
            .copied()
            .filter(move |day| self.contains(*day))
    }

    const fn bit(day: Weekday) -> u8 {
        1 << day as u8
    }
}

/// How often, with the days where that is a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Cadence {
    /// Every day.
    Daily,
    /// On these days of the week; never an empty set.
    Weekly(Days),
}

impl Cadence {
    /// The cadence of a word and its days; weekly on no day is none.
    pub fn of(word: CadenceWord, days: Days) -> Option<Self> {
        match word {
            CadenceWord::Daily => Some(Self::Daily),
            CadenceWord::Weekly => (!days.is_empty()).then_some(Self::Weekly(days)),
        }
    }

    /// Its word.
    pub const fn word(self) -> CadenceWord {
        match self {
            Self::Daily => CadenceWord::Daily,
            Self::Weekly(_) => CadenceWord::Weekly,
        }
    }

    /// The days it runs on.
    pub const fn days(self) -> Days {
        match self {
            Self::Daily => Days::ALL,
            Self::Weekly(days) => days,
        }
    }
}

/// A time of day as a clock on the wall shows it, to the minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct WallTime(u16);

impl WallTime {
    /// The beginning of a day.
    pub const MIDNIGHT: Self = Self(0);

    /// Takes `HH:MM`, from 00:00 to 23:59, and nothing else.
    pub fn parse(text: &str) -> Option<Self> {
        let (hour, minute) = text.split_once(':')?;
        let number = |part: &str, below: u16| {
            let digits = part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
            let number: u16 = digits.then(|| part.parse().ok()).flatten()?;
            (number < below).then_some(number)
        };
        Some(Self(number(hour, 24)? * 60 + number(minute, 60)?))
    }

    /// The time this many minutes after midnight, as it is stored.
    pub fn from_minutes(minutes: i64) -> Option<Self> {
        let minutes = u16::try_from(minutes).ok()?;
        (minutes < 24 * 60).then_some(Self(minutes))
    }

    /// Minutes after midnight, as it is stored.
    pub const fn minutes(self) -> i64 {
        self.0 as i64
    }

    /// The hour.
    pub const fn hour(self) -> u16 {
        self.0 / 60
    }

    /// The minute.
    pub const fn minute(self) -> u16 {
        self.0 % 60
    }
}

impl std::fmt::Display for WallTime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:02}:{:02}", self.hour(), self.minute())
    }
}

/// When a schedule runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScheduleRule {
    /// How often.
    pub cadence: Cadence,
    /// At which time of day.
    pub time: WallTime,
    /// In which zone, by its IANA name.
    pub zone: String,
}

impl ScheduleRule {
    /// The rule in words: `Every day at 02:30 in Europe/Berlin`.
    pub fn in_words(&self) -> String {
        let when = match self.cadence {
            Cadence::Daily => "Every day".to_owned(),
            Cadence::Weekly(days) => list(&days.iter().map(Weekday::label).collect::<Vec<_>>()),
        };
        format!("{when} at {} in {}", self.time, self.zone)
    }
}

fn list(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [all @ .., last] => format!("{} and {last}", all.join(", ")),
    }
}

impl Weekday {
    /// What the day is called.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Monday => "Monday",
            Self::Tuesday => "Tuesday",
            Self::Wednesday => "Wednesday",
            Self::Thursday => "Thursday",
            Self::Friday => "Friday",
            Self::Saturday => "Saturday",
            Self::Sunday => "Sunday",
        }
    }
}

impl SkipReason {
    /// The reason as a sentence.
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::StillActive => "The same operation was still queued or running.",
            Self::ConnectionBusy => {
                "Another operation used the tenant's connection until the grace was over."
            }
            Self::Refused => "This operation may not run here on the system's own authority.",
            Self::Changed => {
                "The schedule was changed, paused or deleted before this slot was decided about."
            }
        }
    }
}

impl ScheduleState {
    /// What the state is called.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Active => "Active",
            Self::Paused => "Paused",
            Self::Deleted => "Deleted",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b02_only_a_time_of_day_is_one() {
        for (text, minutes) in [("00:00", 0), ("02:30", 150), ("23:59", 1439)] {
            let time = WallTime::parse(text).unwrap();
            assert_eq!(
                (time.minutes(), time.to_string()),
                (minutes, text.to_owned())
            );
            assert_eq!(WallTime::from_minutes(minutes), Some(time));
        }
        for bad in [
            "24:00",
            "23:60",
            "2:30",
            "+2:30",
            "02:3",
            "02-30",
            "",
            "02:30:00",
            "\u{662}2:30",
        ] {
            assert_eq!(WallTime::parse(bad), None, "{bad}");
        }
        assert_eq!(WallTime::from_minutes(1440), None);
        assert_eq!(WallTime::from_minutes(-1), None);
    }

    #[test]
    fn b02_days_are_a_set() {
        let days = Days::of([Weekday::Sunday, Weekday::Monday, Weekday::Monday]);
        assert_eq!(
            days.iter().collect::<Vec<_>>(),
            [Weekday::Monday, Weekday::Sunday]
        );
        assert_eq!(Days::from_bits(days.bits()), Some(days));
        assert_eq!(Days::from_bits(128), None);
        assert_eq!(Days::of(Weekday::ALL.iter().copied()), Days::ALL);
        assert_eq!(Cadence::of(CadenceWord::Weekly, Days::of([])), None);
    }

    #[test]
    fn b02_a_rule_reads_like_a_sentence() {
        let weekly = |days: &[Weekday]| Cadence::Weekly(Days::of(days.iter().copied()));
        for (cadence, words) in [
            (Cadence::Daily, "Every day at 02:30 in UTC"),
            (weekly(&[Weekday::Friday]), "Friday at 02:30 in UTC"),
            (
                weekly(&[Weekday::Monday, Weekday::Wednesday, Weekday::Sunday]),
                "Monday, Wednesday and Sunday at 02:30 in UTC",
            ),
        ] {
            let time = WallTime::parse("02:30").unwrap();
            let zone = "UTC".to_owned();
            assert_eq!(
                ScheduleRule {
                    cadence,
                    time,
                    zone
                }
                .in_words(),
                words
            );
        }
    }
}

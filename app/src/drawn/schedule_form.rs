//! The form of a schedule, empty or as the schedule is.

use domain::{
    error::ApiError,
    schedule::{Cadence, CadenceWord, Days, ScheduleRule, WallTime, Weekday},
    views::{ScheduleFormView, ScheduleView},
};
use leptos::prelude::*;

use super::{
    asked::Asked,
    form::{button, form, hidden},
};
use crate::{
    api::schedules::{ChangeSchedule, CreateSchedule},
    request::typed,
    ui::field::{Field, marks},
};

const ZONE_HINT: &str = "A name of the IANA database, as in Europe/Berlin. Begin to type to choose one; capitals do not matter.";
const TIME_HINT: &str = "HH:MM on the clocks of the zone above. A time that a day does not have, because clocks are put forward, runs at the first moment after it; one that comes twice runs once, the first time.";

/// The form that makes a schedule.
pub(super) fn new_form(view: ScheduleFormView, asked: &Asked) -> AnyView {
    let rule = ScheduleRule {
        cadence: Cadence::Daily,
        time: WallTime::from_minutes(150).unwrap_or(MIDNIGHT),
        zone: view.zone.clone(),
    };
    let tenant = view.tenant.id.to_string();
    let content = view! {
        {hidden("tenant", tenant)}
        {fields(&view, "", "", &rule)}
    };
    form::<CreateSchedule>(asked, content, button("Make schedule", "btn btn-primary"))
}

/// The form that changes a schedule.
pub(super) fn change_form(
    schedule: &ScheduleView,
    view: &ScheduleFormView,
    asked: &Asked,
) -> AnyView {
    let is_conflict = matches!(
        asked.error_of::<ChangeSchedule>(),
        Some(ApiError::Conflict { .. })
    );
    let content = view! {
        {is_conflict.then(|| as_it_is(schedule))}
        {hidden("tenant", view.tenant.id.to_string())}
        {hidden("schedule", schedule.id.to_string())}
        {hidden("version", schedule.version.to_string())}
        {fields(view, &schedule.name, &schedule.operation_code, &schedule.rule)}
        <p class="quiet mt-2">
            "A change of what runs or when counts at once: what is queued by then and has not started is blocked. A new name changes nothing about that."
        </p>
    };
    form::<ChangeSchedule>(asked, content, button("Save", "btn btn-sm btn-primary"))
}

/// What a save would take the place of, where the fields hold what somebody had typed before they could see it.
fn as_it_is(schedule: &ScheduleView) -> AnyView {
    let ScheduleView {
        name,
        operation,
        rule,
        ..
    } = schedule;
    let now = format!("\u{201c}{name}\u{201d}: {operation}, {}", rule.in_words());
    view! {
        <p class="my-2">
            "Now it is " <strong>{now}</strong> ". Below stands what you typed; saving it puts it in the place of that."
        </p>
    }
    .into_any()
}

const MIDNIGHT: WallTime = WallTime::MIDNIGHT;

fn fields(view: &ScheduleFormView, name: &str, operation: &str, rule: &ScheduleRule) -> AnyView {
    let chosen = typed::value("operation").unwrap_or_else(|| operation.to_owned());
    let operations = view.operations.iter().map(|(code, label)| {
        let is_chosen = *code == chosen;
        view! { <option value=code.clone() selected=is_chosen>{label.clone()}</option> }
    });
    let zones = view.zones.iter();
    let zones = zones.map(|zone| view! { <option value=zone.clone()></option> });
    let time = typed::value("time").unwrap_or_else(|| rule.time.to_string());
    let zone = typed::value("zone").unwrap_or_else(|| rule.zone.clone());
    let of_zone = marks("Time zone", "zone", Some("zone-hint"));
    let of_time = marks("Time", "time", Some("time-hint"));
    view! {
        <Field label="Name" name="name" value=name.to_owned()
            hint="What your team calls it, such as \u{201c}Nightly inventory\u{201d}." />
        <label class="field">
            "Operation"
            <select class="select w-full" name="operation">{operations.collect_view()}</select>
        </label>
        {when(rule.cadence)}
        <label class="field">
            "Time zone"
            <input class="input w-full" type="text" name="zone" value=zone autocomplete="off" list="zones"
                aria-invalid=of_zone.invalid aria-describedby=of_zone.described_by required />
        </label>
        <span id="zone-hint" class="quiet">{ZONE_HINT}</span>
        <label class="field">
            "Time"
            <input class="input w-full" type="text" inputmode="numeric" name="time" value=time autocomplete="off"
                pattern="([01][0-9]|2[0-3]):[0-5][0-9]" aria-invalid=of_time.invalid
                aria-describedby=of_time.described_by required />
        </label>
        <span id="time-hint" class="quiet">{TIME_HINT}</span>
        <datalist id="zones">{zones.collect_view()}</datalist>
    }
    .into_any()
}

/// Every day, or which days of the week.
fn when(cadence: Cadence) -> AnyView {
    let again = typed::is_provided();
    let word = typed::value("cadence").and_then(|word| CadenceWord::parse(&word));
    let word = word.unwrap_or_else(|| cadence.word());
    let days = match cadence {
        Cadence::Daily => Days::of([]),
        Cadence::Weekly(days) => days,
    };
    let choice = |it: CadenceWord, label: &'static str| {
        view! {
            <label class="tick">
                <input class="radio radio-sm" type="radio" name="cadence" value=it.as_str() checked={it == word} />
                {label}
            </label>
        }
    };
    let of_days = marks("Days", "days", None);
    let boxes = Weekday::ALL.iter().map(|day| {
        let of_days = of_days.clone();
        let name = format!("days[{}]", day.as_str());
        let ticked = match again {
            true => typed::value(&name).is_some(),
            false => days.contains(*day),
        };
        view! {
            <label class="tick">
                <input class="checkbox checkbox-sm" type="checkbox" name=name value="on" checked=ticked
                    aria-invalid=of_days.invalid aria-describedby=of_days.described_by />
                {day.label()}
            </label>
        }
    });
    view! {
        <fieldset class="ticks">
            <legend>"How often"</legend>
            {choice(CadenceWord::Daily, "Every day")}
            {choice(CadenceWord::Weekly, "On these days of the week")}
            <div class="ticks-of-week">{boxes.collect_view()}</div>
        </fieldset>
    }
    .into_any()
}

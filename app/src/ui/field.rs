//! A labelled field of a form.

use leptos::prelude::*;

/// What was typed here before the form was refused; a form that a script sends stands as it was.
fn typed_before(name: &str) -> Option<String> {
    #[cfg(feature = "ssr")]
    return crate::request::typed::value(name);
    #[cfg(not(feature = "ssr"))]
    {
        let _ = name;
        None
    }
}

/// How an input is marked that was refused, and what it is described by: why it was, and its line of help.
#[derive(Clone, Default)]
pub struct Marks {
    /// `aria-invalid`.
    pub invalid: Option<&'static str>,
    /// `aria-describedby`.
    pub described_by: Option<String>,
}

/// The marks of the field with this label, sent under this name.
pub fn marks(label: &str, name: &str, hint_id: Option<&str>) -> Marks {
    #[cfg(feature = "ssr")]
    let why = crate::request::refused::is_field(label, name)
        .then_some(crate::request::refused::SENTENCE_ID);
    #[cfg(not(feature = "ssr"))]
    let why = {
        let _ = (label, name);
        None::<&str>
    };
    let described_by: Vec<&str> = why.into_iter().chain(hint_id).collect();
    Marks {
        invalid: why.map(|_| "true"),
        described_by: (!described_by.is_empty()).then(|| described_by.join(" ")),
    }
}

/// A label, its input, and a line of help that the input is described by.
#[component]
pub fn Field(
    /// What the field asks for.
    label: &'static str,
    /// The name under which it is sent.
    name: &'static str,
    /// The input's type.
    #[prop(default = "text")]
    kind: &'static str,
    /// What browsers may fill in by themselves.
    #[prop(default = "off")]
    autocomplete: &'static str,
    /// What it says already.
    #[prop(optional, into)]
    value: Option<String>,
    /// A line of help.
    #[prop(optional)]
    hint: Option<&'static str>,
    /// What it must look like.
    #[prop(optional)]
    pattern: Option<&'static str>,
    /// How long it must be at least.
    #[prop(optional)]
    minlength: Option<&'static str>,
    /// Whether it is where typing starts.
    #[prop(optional)]
    autofocus: bool,
) -> impl IntoView {
    let value = typed_before(name).or(value);
    let hint_id = hint.map(|_| format!("{name}-hint"));
    let marks = marks(label, name, hint_id.as_deref());
    let hint = hint.map(|hint| view! { <span id=hint_id class="quiet">{hint}</span> });
    view! {
        <label class="field">
            {label}
            <input
                class="input w-full"
                type=kind
                name=name
                value=value
                autocomplete=autocomplete
                pattern=pattern
                minlength=minlength
                autofocus=autofocus
                aria-invalid=marks.invalid
                aria-describedby=marks.described_by
                required
            />
        </label>
        {hint}
    }
}

//! Which columns are shown: a plain form, and a style that leaves the others out.

use leptos::{prelude::*, server_fn::ServerFn};

use crate::{
    api::look::KeepColumns,
    look::{COLUMNS, is_hidden},
    ui::action::PostForm,
};

/// A fold with a box for each column that can be left out; kept for the next visits.
#[component]
pub fn Columns() -> impl IntoView {
    let boxes = COLUMNS.map(|(word, label)| {
        view! {
            <label class="flex items-center gap-2">
                <input
                    class="checkbox checkbox-sm"
                    type="checkbox"
                    name=word
                    value="on"
                    checked=!is_hidden(word)
                    autocomplete="off"
                />
                {label}
            </label>
        }
    });
    view! {
        <details class="fold">
            <summary class="btn btn-sm">"Columns"</summary>
            <div class="floating">
                <PostForm action=KeepColumns::PATH>
                    <fieldset class="grid gap-2">
                        <legend class="quiet mb-1">"Columns to show"</legend>
                        {boxes}
                    </fieldset>
                    <button type="submit" class="btn btn-sm btn-primary mt-3">"Show these"</button>
                </PostForm>
            </div>
        </details>
    }
}

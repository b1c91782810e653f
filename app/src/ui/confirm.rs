//! Asking before something is done that hurts: a native dialog, and a fold without scripts.

use leptos::{html, prelude::*};

/// A button that opens a dialog with a form in it; without a script it unfolds in place.
#[component]
pub fn Confirm(
    /// What the opening button says.
    #[prop(into)]
    label: String,
    /// What the dialog is called: the object and what becomes of it.
    #[prop(into)]
    title: String,
    /// Classes of the opening button.
    #[prop(default = "btn btn-sm")]
    class: &'static str,
    /// What the button says that changes nothing.
    #[prop(default = "Cancel")]
    dismiss: &'static str,
    /// The form, with its own submit button.
    children: Children,
) -> impl IntoView {
    let fold = NodeRef::<html::Details>::new();
    let dialog = NodeRef::<html::Dialog>::new();
    let safe = NodeRef::<html::Button>::new();
    let open = move |event: leptos::ev::MouseEvent| {
        let (Some(fold), Some(dialog)) = (fold.get_untracked(), dialog.get_untracked()) else {
            return;
        };
        event.prevent_default();
        fold.set_open(true);
        // It stands open inside the fold for browsers without scripts; a modal has to start closed.
        let _ = dialog.remove_attribute("open");
        let _ = dialog.show_modal();
        // The fold is laid out only now; the first focus belongs on the button that changes nothing.
        request_animation_frame(move || {
            if let Some(safe) = safe.get_untracked() {
                let _ = safe.focus();
            }
        });
    };
    let closed = move |_: leptos::ev::Event| {
        if let Some(fold) = fold.get_untracked() {
            fold.set_open(false);
        }
    };
    let cancel = move |_| {
        if let Some(dialog) = dialog.get_untracked() {
            dialog.close();
        }
    };
    let name = title.clone();
    view! {
        <details class="confirm" node_ref=fold>
            <summary class=class on:click=open>{label}</summary>
            <dialog open class="confirm-dialog" aria-label=name node_ref=dialog on:close=closed>
                <h2>{title}</h2>
                {children()}
                <button
                    type="button"
                    class="btn btn-sm btn-ghost needs-script"
                    node_ref=safe
                    on:click=cancel
                >
                    {dismiss}
                </button>
            </dialog>
        </details>
    }
}

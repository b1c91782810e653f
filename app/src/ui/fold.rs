//! Folds that lie over the page: a press elsewhere, a way out of them, or Escape closes them.

use leptos::{ev, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::{Element, Node};

/// Those of them that are open.
const OPEN: &str = ":is(.person-menu, .small-menu, .fold)[open]";

/// Closes folds when the person turns to something else. Browser only; once, around all pages.
pub fn close_folds() {
    Effect::new(|_| {
        let presses = window_event_listener(ev::click, |event| {
            let pressed = event.target().and_then(|it| it.dyn_into::<Element>().ok());
            let Some(pressed) = pressed else { return };
            let leads_away = pressed.closest("a").ok().flatten().is_some();
            for fold in open() {
                if leads_away || !fold.contains(pressed.dyn_ref::<Node>()) {
                    let _ = fold.remove_attribute("open");
                }
            }
        });
        let keys = window_event_listener(ev::keydown, |event| {
            if event.key() != "Escape" {
                return;
            }
            for fold in open() {
                let _ = fold.remove_attribute("open");
                // What had the focus is hidden now.
                let summary = fold.query_selector("summary").ok().flatten();
                let summary = summary.and_then(|it| it.dyn_into::<web_sys::HtmlElement>().ok());
                if let Some(summary) = summary {
                    let _ = summary.focus();
                }
            }
        });
        on_cleanup(move || {
            presses.remove();
            keys.remove();
        });
    });
}

fn open() -> Vec<Element> {
    let Ok(all) = document().query_selector_all(OPEN) else {
        return Vec::new();
    };
    (0..all.length())
        .filter_map(|at| all.get(at)?.dyn_into().ok())
        .collect()
}

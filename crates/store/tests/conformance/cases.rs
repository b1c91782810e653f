//! The cases, each a test of its own on either database, and each run once a process.

use std::{
    io::Write as _,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    pin::Pin,
    sync::{Arc, Once, OnceLock},
    time::Duration,
};

use tokio::time::timeout;

use crate::database::{Database, Dialect, postgres_url};

/// How long a case may take before it is taken for one that stands still: many times what the longest needs.
///
/// Without an end a suite that stands still says nothing at all, not even which case it is in.
const STANDS_STILL: Duration = Duration::from_secs(600);

type Running = Pin<Box<dyn Future<Output = ()> + Send>>;

/// One case and whether it has run already, on either database.
pub struct Case {
    pub name: &'static str,
    run: fn(Arc<Database>) -> Running,
    sqlite: OnceLock<()>,
    postgres: OnceLock<()>,
}

impl Case {
    const fn new(name: &'static str, run: fn(Arc<Database>) -> Running) -> Self {
        Self {
            name,
            run,
            sqlite: OnceLock::new(),
            postgres: OnceLock::new(),
        }
    }

    /// Runs the case on a dialect, or waits for the test that is running it.
    pub fn on(&self, dialect: Dialect) {
        if dialect == Dialect::Postgres && postgres_url().is_none() {
            say_that_postgres_is_left_out();
            return;
        }
        let cell = match dialect {
            Dialect::Sqlite => &self.sqlite,
            Dialect::Postgres => &self.postgres,
        };
        cell.get_or_init(|| play(dialect, self.name, self.run));
    }
}

/// Past the capturing of test output: nobody may take half a suite for a whole one.
fn say_that_postgres_is_left_out() {
    static SAID: Once = Once::new();
    SAID.call_once(|| {
        let _ = writeln!(
            std::io::stderr(),
            "PostgreSQL half NOT RUN: set TENANT_ATLAS_TEST_PG to the URL of a server to run it"
        );
    });
}

fn play(dialect: Dialect, name: &str, run: fn(Arc<Database>) -> Running) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let database = Arc::new(runtime.block_on(Database::create(dialect)));
    let future = run(Arc::clone(&database));
    let ended = async { timeout(STANDS_STILL, future).await.unwrap() };
    let played = catch_unwind(AssertUnwindSafe(|| runtime.block_on(ended)));
    let destroyed = async { timeout(STANDS_STILL, database.destroy()).await.unwrap() };
    let played = played.and(catch_unwind(AssertUnwindSafe(|| {
        runtime.block_on(destroyed);
    })));
    // What a case left behind may wait for something that does not come any more.
    runtime.shutdown_timeout(Duration::from_secs(5));
    if let Err(panic) = played {
        let _ = writeln!(std::io::stderr(), "{name} failed on {dialect:?}");
        resume_unwind(panic);
    }
}

macro_rules! cases {
    ($($module:ident::$name:ident,)+) => {
        /// Every case of the suite.
        pub static ALL: [Case; [$(stringify!($name)),+].len()] = [
            $(Case::new(stringify!($name), |db| Box::pin(crate::$module::$name(db))),)+
        ];

        fn on(dialect: Dialect, name: &str) {
            ALL.iter().find(|case| case.name == name).unwrap().on(dialect);
        }

        mod sqlite {
            $(#[test] fn $name() { super::on(super::Dialect::Sqlite, stringify!($name)); })+
        }

        mod postgres {
            $(#[test] fn $name() { super::on(super::Dialect::Postgres, stringify!($name)); })+
        }
    };
}

cases! {
    people::an_installation_is_claimed_once,
    people::two_links_make_one_first_person,
    people::sessions_end_by_idleness_age_and_disabling,
    people::polls_do_not_keep_a_session,
    people::failed_sign_ins_are_counted_in_a_window,
    people::selections_follow_what_may_be_selected,
    people::d03_disabling_a_person_is_told_in_each_of_their_workspaces,
    members::v16_memberships_are_set_changed_and_removed,
    members::the_last_owner_keeps_the_role,
    members::the_last_owner_of_a_tenant_keeps_the_role,
    members::two_owners_of_a_tenant_who_leave_at_once_leave_one,
    members::d02_a_tenants_member_is_a_member_of_its_workspace,
    members::v02_unknown_and_foreign_tenants_answer_alike,
    connections::p02_credentials_are_had_by_a_running_run_alone,
    workspaces::a_workspace_is_renamed_by_what_was_seen,
    tenants::a_directory_is_one_tenant_of_a_workspace,
    tenants::a_directory_that_is_connected_to_stays,
    connections::p02_another_application_is_neither_consented_nor_verified,
    own_sessions::people_see_and_end_their_own_sessions_alone,
    own_sessions::a_new_password_ends_the_other_sessions_and_every_workspace_is_told,
    invitations::an_invitation_makes_one_person_and_one_membership,
    invitations::an_invitation_says_what_its_inviter_may_say_when_it_is_used,
    invitations::invitations_are_replaced_withdrawn_and_run_out,
    requests::r07_answers_accepted_deduped_busy_blocked_forbidden,
    requests::r07_a_request_of_somebody_without_the_tenant_leaves_nothing,
    requests::a_queued_run_says_which_connection_it_will_use,
    requests::r05_twenty_equal_requests_make_one_run,
    desk::r07_requests_that_come_together_are_answered_each_as_if_alone,
    desk::r07_a_request_that_fails_takes_no_other_with_it,
    desk::r07_all_are_told_that_nothing_can_be_written,
    desk::who_has_gone_before_their_group_begins_asks_for_nothing,
    desk::who_goes_with_the_turn_takes_it_from_nobody,
    desk::who_goes_in_the_middle_of_a_group_breaks_it_off_for_nobody,
    desk::who_waits_for_a_lock_holds_nobody_else_up,
    requests::l08_a_retry_is_a_new_run_of_the_person_who_retries,
    requests::l08_a_slots_run_is_retried_in_the_persons_own_name,
    requests::l06_the_system_starts_only_what_is_listed,
    start::l03_an_allowed_run_starts_with_its_decision,
    start::l14_a_finished_run_tells_its_initiator_once,
    finish::l14_a_group_of_ends_writes_one_entry_and_one_notice_each,
    finish::l08_a_lost_lease_in_a_group_is_its_own_alone,
    finish::a_group_with_an_end_that_is_refused_writes_none,
    lost_commit::a_commit_whose_answer_was_lost_is_looked_up,
    silent_line::r10_a_line_that_swallows_everything_is_given_up,
    silent_line::r10_a_heartbeat_that_nobody_answers_leaves_time_for_another,
    silent_line::a_listener_that_hears_nothing_looks_whether_anybody_is_there,
    start::an_unknown_operation_is_refused_not_lost,
    start::unknown_words_refuse_their_own_runs_alone,
    start::a_context_that_does_not_parse_refuses_its_own_run_alone,
    denials::l04_every_revocation_between_request_and_start_is_seen,
    denials::l14_a_refused_system_run_notifies_nobody,
    contention::r10_a_statement_that_others_stood_in_the_way_of_may_pass,
    held::l04_a_cancel_by_who_lost_the_run_meanwhile_changes_nothing,
    held::l04_a_cancel_of_a_bulk_rests_on_the_workspace,
    held::l04_an_answer_by_who_lost_the_run_meanwhile_is_not_taken,
    held::l04_a_revocation_before_a_cancel_is_always_seen,
    standing::v16_a_changed_role_brings_nobody_back,
    standing::v16_what_a_person_changes_rests_on_what_they_hold_then,
    parts::l09_a_part_whose_bulk_is_over_does_not_start,
    parts::l09_an_end_of_a_bulk_before_the_start_of_a_part_is_always_seen,
    doctor::d03_another_key_is_told_in_every_workspace,
    clocks::r10_runs_that_a_clock_put_off_are_set_right,
    clocks::a_worker_seen_in_the_future_is_taken_for_gone_until_it_beats,
    clocks::r10_a_death_is_seen_within_45_s_with_the_settings_as_they_are,
    clocks::r10_a_clock_that_is_set_delays_no_rescue_beyond_its_bound,
    clocks::r10_a_clock_that_is_set_takes_no_run_from_who_is_alive,
    clocks::r10_who_has_just_come_gives_everybody_time_to_beat,
    clocks::r10_what_is_renewed_between_look_and_grasp_is_kept,
    rescue::l08_a_lost_lease_makes_a_new_attempt_with_a_new_decision,
    rescue::the_old_attempt_changes_nothing_any_more,
    rescue::l10_a_refused_rescue_keeps_what_was_done,
    checkpoint::l10_a_checkpoint_that_allows_leaves_no_trace,
    checkpoint::l10_every_revocation_stops_a_run_that_is_at_work,
    checkpoint::l10_a_refused_checkpoint_keeps_what_was_done,
    checkpoint::l10_a_checkpoint_is_of_its_own_attempt_alone,
    checkpoint::l14_a_system_run_refused_at_a_checkpoint_tells_nobody,
    checkpoint_race::l10_a_revocation_before_a_checkpoint_is_always_seen,
    intents::i05_an_effect_is_set_out_for_once,
    intents::i09_an_attempt_that_was_taken_over_sets_out_for_nothing,
    intents::l10_a_write_whose_end_nobody_knows_makes_the_run_indeterminate,
    intents::a_question_is_answered_once_and_by_nobody_while_the_run_is_at_work,
    intents::a_write_intent_says_what_it_said,
    intents::b05_a_resumed_run_names_the_one_that_asked_first,
    intents::l02_a_run_that_writes_for_a_trial_exists_in_a_laboratory_alone,
    checkpoint::a_cancelled_run_that_writes_stops_at_its_checkpoint,
    rescue::a_stopping_worker_hands_its_runs_back,
    rescue::one_attempt_is_handed_back_and_only_by_who_holds_it,
    cancel::r03_a_queued_run_is_cancelled_at_once,
    cancel::l14_a_cancelled_system_run_notifies_nobody,
    cancel::the_wish_to_end_a_running_run_comes_with_the_heartbeat,
    cancel::b06_no_item_of_a_run_that_is_over_is_under_way,
    cancel::a_cancelled_run_that_loses_its_worker_is_over,
    cancel::a_cancel_and_a_start_agree,
    cancel::a_cancel_and_an_end_agree,
    cancel::a_cancel_and_a_rescue_agree,
    life::r03_the_life_of_runs_follows_the_state_table,
    retries::l08_a_failure_that_passes_is_tried_again_and_decided_again,
    retries::l08_what_a_provider_asks_for_is_waited_for_or_the_run_ends,
    retries::l08_runs_are_tried_again_in_one_transaction,
    retries::l08_a_try_that_the_ledger_knows_otherwise_is_told_and_stops_no_other,
    retries::l08_a_try_meets_the_revocation,
    lost::r10_a_run_that_kills_its_workers_is_given_up,
    lost::r10_a_run_under_which_the_database_breaks_off_waits_and_is_given_up,
    lost::l08_many_lost_runs_are_taken_back_together,
    lost::r10_more_lost_runs_than_one_transaction_takes_are_all_taken_at_once,
    lost::r10_a_run_that_cannot_be_taken_back_is_named_and_stops_no_other,
    lost::r10_a_run_that_loses_its_workers_before_it_did_anything_has_failed,
    lost::r10_a_run_that_cannot_start_is_left_aside_and_stops_no_other,
    rescue::l10_what_was_written_outweighs_that_a_run_is_refused,
    rescue::i05_a_change_under_way_at_a_stop_is_not_looked_at_at_once,
    contention::l03_what_one_tenants_runs_need_and_somebody_holds_holds_up_no_other,
    list::every_row_comes_once_in_either_order,
    list::filters_narrow_and_never_widen,
    list_filters::every_combination_of_filters_finds_what_fits,
    list::a_name_finds_tenants_and_people_alike,
    list::v17_hidden_types_stay_hidden,
    list::v02_runs_of_other_tenants_never_show,
    polls::v14_every_change_in_a_scope_moves_its_version,
    notices::notifications_go_with_the_tenant,
    inventory::objects_are_kept_counted_and_forgotten,
    inventory::pages_of_objects_come_once_each,
    inventory::p03_reports_are_kept_with_their_run,
    history::past_runs_stand_in_the_ledger_as_they_ended,
    history::runs_for_a_benchmark_of_lists_stand_in_the_ledger,
    history::runs_for_a_benchmark_wait_and_are_decided_like_any_other,
    history::d02_a_refused_run_cannot_be_seeded_as_one_that_ran,
    audit::l15_every_step_of_a_run_leaves_one_entry,
    audit::d03_the_chain_verifies_and_names_what_was_changed,
    versions::a_database_from_a_newer_version_is_refused,
    versions::a_database_opens_again_as_it_was,
    versions::d02_a_database_of_an_earlier_version_keeps_its_wall,
    versions::d02_a_migration_that_finds_rows_astray_undoes_itself,
    versions::d02_a_run_that_ends_while_the_database_is_migrated_is_listed,
    upgrades::d01_of_several_that_open_an_older_database_at_once_one_migrates_it,
    upgrades::d01_who_waited_for_a_migration_goes_on_as_if_it_had_always_been_there,
    upgrades::d01_what_became_of_a_database_meanwhile_is_told_after_the_wait,
    upgrades::d01_a_wait_for_a_migration_has_an_end_and_says_what_to_do,
    versions::a_database_of_something_else_is_left_as_it_is,
    versions::looking_at_a_database_changes_nothing,
    wall::d02_every_attack_by_raw_sql_is_refused,
    wall::the_regular_life_of_a_run_passes_the_wall,
    upkeep::r10_a_run_that_nobody_took_is_ended_and_told,
    upkeep::r10_a_waiting_run_that_the_ledger_knows_otherwise_is_named_and_stops_no_other,
    upkeep::r10_time_without_workers_ages_no_run,
    upkeep::r10_a_paused_queue_ages_no_run,
    upkeep::i05_a_write_that_nobody_knows_the_end_of_outweighs_that_its_run_is_stale,
    upkeep::r10_what_an_earlier_attempt_did_stays,
    upkeep::v15_details_go_and_say_so_and_links_answer,
    retention::v15_writes_and_items_of_bulks_go_and_questions_stay,
    retention::v15_choices_of_tenants_are_forgotten_after_a_day,
    upkeep::retention_is_one_process_a_day,
    schedules::b02_a_schedule_is_made_changed_and_ended,
    schedules::l06_what_lasts_is_not_made_by_who_has_lost_it_meanwhile,
    schedules::b02_a_name_makes_no_new_revision,
    schedules::r05_every_press_of_run_now_is_a_run_of_its_own,
    slots::r06_a_slot_has_one_run_whatever_the_number_of_schedulers,
    slots::r06_a_slot_that_was_taken_is_never_taken_again,
    slots::r06_a_schedule_that_a_clock_put_off_is_set_right,
    slots::b02_a_schedule_follows_a_law_of_time_that_has_moved_its_slots,
    slots::l06_a_slots_run_has_the_systems_authority_and_says_its_slot,
    slots::b02_a_slot_is_skipped_while_the_same_is_active,
    slots::b02_a_slot_waits_for_the_connection_and_is_skipped_then,
    slots::b02_missed_slots_are_told_and_not_caught_up,
    slots::b02_slots_that_have_come_are_told_when_their_schedule_is_changed,
    slots::r07_a_slot_that_circumstances_refuse_leaves_a_blocked_run,
    slots::one_schedule_that_nobody_understands_holds_up_no_other,
    slots::l02_a_slot_queued_before_a_change_is_refused,
    schedule_race::l04_a_change_of_a_schedule_before_the_start_is_always_seen,
    bulk::b07_a_bulk_asks_for_each_item_once,
    bulk::b07_a_bulk_under_way_takes_no_place_from_another,
    bulk::b07_an_ended_bulk_ends_its_parts,
    bulk::r10_a_bulk_that_is_given_up_counts_its_own_parts_alone,
    bulk::v02_a_bulk_is_found_by_its_end_within_reach_alone,
    bulk::l13_a_bulk_of_which_nothing_was_let_start_is_found_as_blocked,
    bulk::b07_a_selection_is_its_makers_and_of_one_workspace,
    bulk::d02_items_of_a_bulk_stay_in_their_workspace_and_are_written_once,
    race::l04_a_revocation_before_the_start_is_always_seen,
    points::l04_a_revocation_at_every_point_of_the_claim_is_seen,
    invariants::the_life_of_runs_breaks_no_rule,
    invariants::what_is_damaged_is_named,
    invariants::what_is_damaged_of_a_write_is_named,
    invariants::what_is_damaged_of_a_bulk_is_named,
    laboratory::an_empty_database_becomes_a_laboratory_once_and_stays_one,
    laboratory::what_people_use_never_becomes_a_laboratory,
    laboratory::l02_a_type_of_the_laboratory_starts_nowhere_else,
    turns::ten_thousand_runs_of_a_tenant_let_another_tenants_run_go_first,
    turns::tenants_take_turns,
    turns::limits_hold_while_several_claim_at_once,
    turns::a_tenant_leaves_the_last_slot_to_the_others,
    turns::people_go_first_and_what_waits_long_is_not_forgotten,
    pauses::a_paused_queue_starts_nothing_and_keeps_everything,
    pauses::nothing_starts_after_a_pause_has_answered,
    pauses::a_pause_and_a_resume_take_their_locks_in_the_order_of_a_claim,
    waiting::a_queued_run_says_what_it_waits_for,
    waiting::a_queued_run_says_that_nothing_can_be_written,
    workers::processes_are_known_while_they_beat,
    workers::a_hint_rings_in_other_processes_and_is_not_needed,
    workers::behind_a_pooler_everything_works_without_sessions,
    doctor::p02_the_first_words_about_the_key_stay,
    doctor::p02_credentials_say_which_key_they_were_sealed_with,
    doctor::a_probe_of_writing_says_whether_it_can_and_leaves_nothing,
    doctor::a_worker_is_told_of_with_the_runs_it_holds,
    schema::d02_every_tenants_row_is_bound_to_its_owner,
}

//! What a run sets out to write: once, by its own attempt, and never forgotten.

use std::sync::Arc;

use domain::{
    capability::Role,
    ids::IntentId,
    intent::{IntentAnswer, IntentState},
    operation::OperationType,
    run::RunOutcome,
};
use policy::{Running, Switch};
use store::{Asked, IntentEnd, LabWrite, NewIntent, StoreError, WorkedOutcome};

use crate::{
    checkpoint::item,
    database::Database,
    world::{World, end, worker},
};

pub const DONE: IntentEnd = IntentEnd::Done { request_id: None };

pub fn intent(op_key: &str) -> NewIntent<'_> {
    NewIntent {
        op_key,
        kind: "device_configurations",
        target: "target",
        label: "A device configuration",
        fields: &["description"],
        body_hash: [1; 32],
        before_hash: [2; 32],
    }
}

fn failed() -> IntentEnd {
    IntentEnd::Failed {
        reason_code: "provider_error".to_owned(),
    }
}

pub fn unknown() -> IntentEnd {
    IntentEnd::Indeterminate {
        reason_code: "provider_unreachable".to_owned(),
    }
}

pub async fn laboratory(db: &Arc<Database>) -> World {
    let mut world = World::new(db).await;
    world.laboratory().await;
    world
}

pub async fn writing(world: &World) -> Running {
    let writes = LabWrite {
        items: 2,
        seed: 7,
        ..LabWrite::default()
    };
    let asked = world
        .store
        .lab_write_request(&world.owner, &world.tenant, writes);
    asked.await.unwrap();
    let running = world.start_one().await;
    assert_eq!(running.operation(), OperationType::LabWrite);
    assert_eq!(world.store.lab_write_of(&running).await.unwrap(), writes);
    running
}

pub async fn open(world: &World, running: &Running, op_key: &str) -> IntentId {
    let opened = world.store.intent_open(running, &intent(op_key)).await;
    opened.unwrap()
}

pub async fn i05_an_effect_is_set_out_for_once(db: Arc<Database>) {
    let world = laboratory(&db).await;
    let running = writing(&world).await;
    let store = &world.store;
    let is_refused = async || {
        let again = store.intent_open(&running, &intent("one")).await;
        assert!(matches!(again, Err(StoreError::Conflict)), "{again:?}");
    };
    let first = open(&world, &running, "one").await;
    is_refused().await;
    store
        .intent_close(&running, first, &failed())
        .await
        .unwrap();
    // What is known not to have happened may be tried again.
    let second = open(&world, &running, "one").await;
    store.intent_close(&running, second, &DONE).await.unwrap();
    is_refused().await;
    let again = store.intent_close(&running, second, &DONE).await;
    assert!(matches!(again, Err(StoreError::Conflict)), "{again:?}");
    let known = store.intents_of(&running).await.unwrap();
    let known: Vec<_> = known
        .iter()
        .map(|i| (&*i.op_key, i.state, &*i.fields))
        .collect();
    assert_eq!(
        known,
        [("one", IntentState::Done, &["description".to_owned()][..])]
    );
    world.succeed(running).await;
    store.close().await;
}

pub async fn i09_an_attempt_that_was_taken_over_sets_out_for_nothing(db: Arc<Database>) {
    let world = laboratory(&db).await;
    let old = writing(&world).await;
    let run = old.key().run_id;
    let left = open(&world, &old, "one").await;
    world.expire(run).await;
    world.rescue().await.unwrap();
    let lost = async |what: &str| {
        let opened = world.store.intent_open(&old, &intent("two")).await;
        assert!(matches!(opened, Err(StoreError::LeaseLost)), "{what}");
        let closed = world.store.intent_close(&old, left, &DONE).await;
        assert!(matches!(closed, Err(StoreError::LeaseLost)), "{what}");
        let input = world.store.lab_write_of(&old).await;
        assert!(matches!(input, Err(StoreError::LeaseLost)), "{what}");
    };
    lost("while the new attempt waits").await;
    let new = world.start_one().await;
    lost("while the new attempt runs").await;
    let known = world.store.intents_of(&new).await.unwrap();
    assert_eq!(known[0].state, IntentState::Open);
    assert_eq!(known[0].attempt, 1);
    // The new attempt looks, and says what it found.
    world.store.intent_close(&new, left, &DONE).await.unwrap();
    world.succeed(new).await;
    world.store.close().await;
}

/// A run with an open, an indeterminate and a done write, ended by `ending`.
async fn ended(
    world: &World,
    ending: impl AsyncFnOnce(&World, Running),
) -> (RunOutcome, Vec<IntentState>) {
    let running = writing(world).await;
    let run = running.key().run_id;
    item(world, &running, "succeeded").await;
    open(world, &running, "open").await;
    let asked = open(world, &running, "asked").await;
    let done = open(world, &running, "done").await;
    let store = &world.store;
    store
        .intent_close(&running, asked, &unknown())
        .await
        .unwrap();
    store.intent_close(&running, done, &DONE).await.unwrap();
    ending(world, running).await;
    let access = store.run(&world.owner, run).await.unwrap();
    let questions = store.run_questions(&access).await.unwrap();
    let states = questions.iter().map(|intent| intent.state).collect();
    (access.run().state.outcome, states)
}

async fn connection(world: &World, switch: Switch) {
    let (store, owner, tenant) = (&world.store, &world.owner, &world.tenant);
    if switch == Switch::On {
        store
            .connection_enable(owner, tenant, world.connection)
            .await
            .unwrap();
    } else {
        store
            .connection_disable(owner, tenant, world.connection)
            .await
            .unwrap();
    }
}

pub async fn l10_a_write_whose_end_nobody_knows_makes_the_run_indeterminate(db: Arc<Database>) {
    let world = laboratory(&db).await;
    let asked = (
        RunOutcome::Indeterminate,
        vec![IntentState::Open, IntentState::Indeterminate],
    );
    for outcome in [
        WorkedOutcome::Succeeded,
        WorkedOutcome::Failed,
        WorkedOutcome::Cancelled,
    ] {
        let finished = ended(&world, async |world: &World, running: Running| {
            let run = running.key().run_id;
            let end = end(outcome);
            world.store.run_finish(&running, &end).await.unwrap();
            let told = format!(
                "select detail from audit_log where action = 'run.completed' and run_id = {}",
                world.db.id(run.as_uuid())
            );
            let told = world.db.raw.texts(&told).await;
            assert!(told[0].contains("\"indeterminate\""), "{told:?}");
        });
        assert_eq!(finished.await, asked, "{outcome:?}");
    }
    let at_a_checkpoint = ended(&world, async |world: &World, running: Running| {
        connection(world, Switch::Off).await;
        let refused = world.store.checkpoint(&running).await.unwrap();
        assert!(matches!(refused, Asked::Refused(_)));
        connection(world, Switch::On).await;
    });
    assert_eq!(at_a_checkpoint.await, asked);
    let at_a_rescue = ended(&world, async |world: &World, running: Running| {
        world.expire(running.key().run_id).await;
        world.rescue().await.unwrap();
        connection(world, Switch::Off).await;
        let started = world.store.runs_start(worker(), 1).await.unwrap();
        assert_eq!(started.refused.len(), 1);
        connection(world, Switch::On).await;
    });
    assert_eq!(at_a_rescue.await, asked);
    world.store.close().await;
}

pub async fn a_question_is_answered_once_and_by_nobody_while_the_run_is_at_work(db: Arc<Database>) {
    let world = laboratory(&db).await;
    let dana = world
        .person("dana", Some(Role::Operator), Some(Role::Operator))
        .await;
    let running = writing(&world).await;
    let run = running.key().run_id;
    let left = open(&world, &running, "left").await;
    let other = open(&world, &running, "other").await;
    let store = &world.store;
    let answer = async |intent, answer| {
        let access = store.run(&dana, run).await.unwrap();
        store.intent_answer(&dana, &access, intent, answer).await
    };
    let early = answer(left, IntentAnswer::Applied).await;
    assert!(matches!(early, Err(StoreError::Conflict)), "{early:?}");
    let end = end(WorkedOutcome::Succeeded);
    store.run_finish(&running, &end).await.unwrap();
    answer(left, IntentAnswer::NotApplied).await.unwrap();
    let again = answer(left, IntentAnswer::Applied).await;
    assert!(matches!(again, Err(StoreError::Conflict)), "{again:?}");
    assert_eq!(world.audited("write_intent.resolved", run).await, 1);
    assert_eq!(world.audited("run.completed", run).await, 1);

    let access = store.run(&world.owner, run).await.unwrap();
    assert_eq!(access.run().state.outcome, RunOutcome::Indeterminate);
    let questions = store.run_questions(&access).await.unwrap();
    let told: Vec<_> = questions
        .iter()
        .map(|q| {
            let said = q.answer.as_ref().map(|(answer, who, _)| (*answer, &**who));
            (q.id == left, q.id == other, q.state, said)
        })
        .collect();
    let said = Some((IntentAnswer::NotApplied, "dana"));
    assert_eq!(
        told,
        [
            (true, false, IntentState::Resolved, said),
            (false, true, IntentState::Open, None)
        ]
    );
    assert_eq!(questions[0].label, "A device configuration");
    let verdicts = store.audit_verify().await.unwrap();
    assert!(verdicts.iter().all(|verdict| verdict.broken_at.is_none()));
    store.close().await;
}

pub async fn a_write_intent_says_what_it_said(db: Arc<Database>) {
    let world = laboratory(&db).await;
    let running = writing(&world).await;
    let left = open(&world, &running, "left").await;
    let done = open(&world, &running, "done").await;
    world
        .store
        .intent_close(&running, done, &DONE)
        .await
        .unwrap();
    let (left, done) = (db.id(left.as_uuid()), db.id(done.as_uuid()));
    let before = "select op_key || state || target from write_intents order by op_key";
    let stood = db.raw.texts(before).await;
    for attack in [
        format!("update write_intents set state = 'failed' where id = {done}"),
        format!("update write_intents set target = 'other' where id = {left}"),
        format!("update write_intents set op_key = 'other' where id = {left}"),
        format!("update write_intents set attempt = 2 where id = {left}"),
        format!("update write_intents set state = 'resolved', closed_at = 1 where id = {left}"),
        format!("update write_intents set state = 'forgotten', closed_at = 1 where id = {left}"),
        format!("delete from write_intents where id = {left}"),
    ] {
        assert!(db.raw.try_run(&attack).await.is_err(), "{attack}");
    }
    assert_eq!(db.raw.texts(before).await, stood);
    world.store.close().await;
}

pub async fn b05_a_resumed_run_names_the_one_that_asked_first(db: Arc<Database>) {
    let world = laboratory(&db).await;
    let (store, owner, tenant) = (&world.store, &world.owner, &world.tenant);
    let running = writing(&world).await;
    let first = running.key().run_id;
    let asked = store.lab_write_of(&running).await.unwrap();
    let early = store.lab_write_resume(owner, tenant, first).await;
    assert!(matches!(early, Err(StoreError::NotFound)), "{early:?}");
    world.succeed(running).await;
    let mut earlier = first;
    for _ in 0..2 {
        let run = store
            .lab_write_resume(owner, tenant, earlier)
            .await
            .unwrap();
        let running = world.start_one().await;
        assert_eq!(running.key().run_id, run);
        let again = LabWrite {
            resumes: Some(first),
            ..asked
        };
        assert_eq!(store.lab_write_of(&running).await.unwrap(), again);
        world.succeed(running).await;
        earlier = run;
    }
    // A run that asks anew names none, whatever it is told.
    let told = LabWrite {
        resumes: Some(first),
        ..asked
    };
    store.lab_write_request(owner, tenant, told).await.unwrap();
    let running = world.start_one().await;
    assert_eq!(store.lab_write_of(&running).await.unwrap(), asked);
    store.close().await;
}

pub async fn l02_a_run_that_writes_for_a_trial_exists_in_a_laboratory_alone(db: Arc<Database>) {
    let world = World::new(&db).await;
    let writes = LabWrite {
        items: 1,
        seed: 1,
        ..LabWrite::default()
    };
    let asked = world
        .store
        .lab_write_request(&world.owner, &world.tenant, writes)
        .await;
    assert!(matches!(asked, Err(StoreError::Conflict)), "{asked:?}");
    assert!(!world.store.runs_waiting().await.unwrap());
}

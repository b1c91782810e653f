//! What people do: they lose and regain what runs rest on, ask for runs, pause queues, and look at pages.

use domain::operation::OperationType;
use store::LabEffect;

use super::{At, Size, again, ms};
use crate::random::Random;

/// What a run's authority rests on, as somebody loses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Loss {
    UserDisabled,
    LeftWorkspace,
    MembershipRemoved,
    RoleLowered,
    TenantArchived,
    ConnectionDisabled,
}

pub(crate) const LOSSES: [Loss; 6] = [
    Loss::UserDisabled,
    Loss::LeftWorkspace,
    Loss::MembershipRemoved,
    Loss::RoleLowered,
    Loss::TenantArchived,
    Loss::ConnectionDisabled,
];

/// A change of somebody's authority.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    Lose(Loss),
    Regain(Loss),
}

/// A run that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wish {
    /// By the tenant's operator.
    Person(OperationType),
    /// By the tenant's operator, to change, make or assign so many objects at the provider.
    Write(u32, LabEffect),
    /// By the system itself.
    System,
    /// The last run that was accepted is to end.
    Cancel,
}

/// What is done to objects at the provider.
pub(crate) const EFFECTS: [LabEffect; 3] =
    [LabEffect::Update, LabEffect::Create, LabEffect::Assign];

/// What is done to a tenant's queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    /// Nothing of the tenant starts any more.
    Pause,
    /// What was queued starts again.
    Resume,
}

/// What is done about the workspace's bulks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bulk {
    /// Every tenant's connection is to be checked.
    All,
    /// The same for every other tenant.
    EveryOther,
    /// The last one that was accepted is to end.
    Cancel,
}

/// What a person looks at while all this goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    /// The list of operations, as a script asks for it.
    List,
    /// The list of operations, as a page.
    ListPage,
    /// The page of a run of their own tenant.
    Own,
    /// The page of a run of another tenant.
    Foreign,
}

pub(super) const LOOKS: [Look; 4] = [Look::List, Look::ListPage, Look::Own, Look::Foreign];

/// How many tenants' operators look at pages.
pub(super) const VIEWERS: usize = 3;

/// Pauses of one tenant's queue, each over before the next.
pub(super) fn pauses(seed: u64, tenant: usize, size: &Size) -> Vec<At<Turn>> {
    let mut random = Random::of(seed, "pause", tenant);
    let mut turns = Vec::new();
    let mut at = random.between(ms(300), ms(4_000));
    while at < size.length {
        let what = Turn::Pause;
        turns.push(At { at, what });
        at += random.between(ms(100), ms(2_000));
        let what = Turn::Resume;
        turns.push(At { at, what });
        at += random.between(ms(1_000), ms(6_000));
    }
    turns
}

/// Bulks of the workspace's owner; some are ended when they have hardly begun.
pub(super) fn bulks(seed: u64, size: &Size) -> Vec<At<Bulk>> {
    let mut random = Random::of(seed, "bulk", 0);
    let mut bulks = Vec::new();
    let mut at = random.between(ms(300), ms(1_500));
    while at < size.length {
        let what = random.one(&[Bulk::All, Bulk::EveryOther]);
        let what = what.unwrap_or(Bulk::All);
        bulks.push(At { at, what });
        if random.below(3) == 0 {
            at += random.between(ms(10), ms(2_000));
            let what = Bulk::Cancel;
            bulks.push(At { at, what });
        }
        at += random.between(ms(300), ms(1_800));
    }
    bulks
}

/// Slots of one tenant's schedule.
pub(super) fn slots(seed: u64, tenant: usize, size: &Size) -> Vec<At<()>> {
    let random = Random::of(seed, "slot", tenant);
    let pause = match tenant % 3 {
        0 => (ms(2_000), ms(6_000)),
        _ => (ms(400), ms(3_500)),
    };
    again(random, size, pause, |_| ())
}

/// Losses in one tenant, each regained before the next.
pub(super) fn changes(seed: u64, tenant: usize, size: &Size) -> Vec<At<Change>> {
    let mut random = Random::of(seed, "grant", tenant);
    let mut changes = Vec::new();
    let mut at = random.between(ms(200), ms(2_500));
    while at < size.length {
        let loss = random.one(&LOSSES).unwrap_or(Loss::RoleLowered);
        changes.push(At {
            at,
            what: Change::Lose(loss),
        });
        at += random.between(ms(50), ms(900));
        changes.push(At {
            at,
            what: Change::Regain(loss),
        });
        at += random.between(ms(100), ms(1_600));
    }
    changes
}

pub(super) fn wishes(seed: u64, tenant: usize, size: &Size) -> Vec<At<Wish>> {
    let random = Random::of(seed, "wish", tenant);
    // In some tenants little is asked for: there bulks and slots find the connection free.
    let pause = match tenant % 3 {
        0 => (ms(2_000), ms(8_000)),
        _ => (ms(80), ms(700)),
    };
    again(random, size, pause, |random| match random.below(10) {
        0 => Wish::System,
        1 => Wish::Cancel,
        2 | 3 => {
            let effect = random.one(&EFFECTS).unwrap_or_default();
            Wish::Write(u32::try_from(2 + random.below(5)).unwrap_or(2), effect)
        }
        4 | 5 => Wish::Person(OperationType::ConnectionCheck),
        _ => Wish::Person(OperationType::InventorySync),
    })
}

pub(super) fn looks(seed: u64, viewer: usize, size: &Size) -> Vec<At<Look>> {
    let random = Random::of(seed, "look", viewer);
    again(random, size, (ms(300), ms(1_200)), |random| {
        random.one(&LOOKS).unwrap_or(Look::List)
    })
}

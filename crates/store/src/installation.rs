//! What kind of database this is: one that people use, or one for measuring and for trials of faults.

use domain::operation::Habitat;

use crate::{
    Store,
    error::StoreError,
    sql::{Db, Statement, args, same},
};

static HABITAT: Statement = same("installation_habitat", "select habitat from installation");
// Only while nobody can sign in: what people have put into a database never becomes a laboratory's.
static MAKE_LABORATORY: Statement = same(
    "installation_make_laboratory",
    "insert into installation (id, habitat, made_at)
     select 1, $1, $2 where not exists (select 1 from users) on conflict do nothing",
);

/// Reads what a database was made as.
pub(crate) async fn habitat_of(db: &Db) -> Result<Habitat, StoreError> {
    match db.first(&HABITAT, vec![]).await? {
        None => Ok(Habitat::Product),
        Some(row) => row.word("habitat", Habitat::parse),
    }
}

impl Store {
    /// What this database was made as; decides which operation types exist in it.
    pub const fn habitat(&self) -> Habitat {
        self.habitat
    }

    /// Marks an empty database as a laboratory, for good.
    ///
    /// # Errors
    /// `Conflict` when somebody can sign in to it already, or it was marked before.
    pub(crate) async fn make_laboratory(&self) -> Result<Self, StoreError> {
        let mut tx = self.db.write().await?;
        let now = tx.now().await?;
        let args = args![Habitat::Laboratory.as_str(), now];
        if tx.execute(&MAKE_LABORATORY, args).await? == 0 {
            return Err(StoreError::Conflict);
        }
        tx.commit().await?;
        let mut marked = self.clone();
        marked.habitat = Habitat::Laboratory;
        Ok(marked)
    }
}

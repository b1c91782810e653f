//! First pages of kinds with few objects, asked for together: a tenant's dozen of small collections is two requests.

use std::collections::{HashMap, HashSet};

use graph::{Answered, Ask, GraphError, Page};

use super::is_hopeless;
use crate::families::{Halt, WorkContext, kinds::Kind};

/// What came before its turn.
#[derive(Default)]
pub(super) struct Early {
    /// Each is asked for in company once; after that alone.
    asked: HashSet<&'static str>,
    came: HashMap<&'static str, Result<Page, GraphError>>,
}

impl Early {
    /// The first page of a kind where it is asked for with others; none where the kind is to be read by itself.
    ///
    /// One that fails for a reason of its own keeps no other from being read. Where they could not be had together,
    /// each is read by itself.
    pub(super) async fn first(
        &mut self,
        context: &mut WorkContext<'_>,
        kind: &'static Kind,
        rest: impl Iterator<Item = &'static Kind>,
    ) -> Result<Option<Result<Page, GraphError>>, Halt> {
        let Ok(contract) = kind.contract() else {
            return Ok(None);
        };
        if kind.is_small() && !self.asked.contains(kind.key) {
            let company = rest.filter_map(|other| {
                let theirs = other.contract().ok()?;
                (other.is_small() && theirs.version == contract.version).then_some(theirs)
            });
            let asks: Vec<Ask<'static>> = company.map(Ask::FirstPage).collect();
            self.asked.extend(asks.iter().map(|ask| ask.contract().key));
            if asks.len() > 1 {
                self.ask(context, kind, &asks).await?;
            }
        }
        Ok(self.came.remove(kind.key))
    }

    async fn ask(
        &mut self,
        context: &mut WorkContext<'_>,
        kind: &Kind,
        asks: &[Ask<'static>],
    ) -> Result<(), Halt> {
        let answers = context.read(|session, step| session.batch(step, asks));
        match answers.await? {
            Ok(answers) => {
                for (ask, answer) in asks.iter().zip(answers) {
                    let page = match answer {
                        Ok(Answered::Page(page)) => Ok(page),
                        // A request of its own gets a new token.
                        Ok(Answered::Object(_)) | Err(GraphError::AuthenticationFailed { .. }) => {
                            continue;
                        }
                        Err(error) => Err(error),
                    };
                    self.came.insert(ask.contract().key, page);
                }
            }
            Err(error) if is_hopeless(&error) => {
                self.came.insert(kind.key, Err(error));
            }
            Err(error) => {
                tracing::debug!(%error, "first pages could not be had together");
            }
        }
        Ok(())
    }
}

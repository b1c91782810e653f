//! The HTTP client against a server that misbehaves on purpose.

#[cfg(test)]
mod approvals;
#[cfg(test)]
mod assignments;
#[cfg(test)]
mod batches;
#[cfg(test)]
mod certificates;
#[cfg(test)]
mod corpus;
#[cfg(test)]
mod deltas;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod leave;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod retries;
#[cfg(test)]
mod sandbox;
#[cfg(test)]
mod shapes;
#[cfg(test)]
mod sign_in;
#[cfg(test)]
mod support;
#[cfg(test)]
mod writes;

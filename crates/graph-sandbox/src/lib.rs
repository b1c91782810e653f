//! graph-sandbox

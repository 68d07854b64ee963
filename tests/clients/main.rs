//! The client's side over real connections: hyper-util's client, observed as any Tower service is.

mod answers;
mod failures;
mod labels;
mod leaving;
mod timeouts;
mod worlds;

//! gRPC over real connections, tonic on both sides: the status is found wherever tonic puts it, and
//! both sides tell the same call truthfully.

mod deadlines;
mod labels;
mod leaving;
mod lines;
mod lists;
mod single;
mod statuses;
mod words;
mod worlds;

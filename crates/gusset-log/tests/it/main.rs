//! What lines say, and that they say it whatever happens.

#![allow(missing_docs, reason = "tests say what they test by their names")]

mod access;
mod support;

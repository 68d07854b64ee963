//! Objectives and normal ranges with the real programs that read what is made from them. Tests of a program that is
//! missing print that they are skipped.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod alerting;
mod dashboards;
mod levels;
mod rules;
mod service;

//! In every position, a layer has one state and finds the route.

mod numbers;
mod routes;
mod serving;

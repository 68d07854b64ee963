//! In every position, a layer has one state and finds the route.

mod positions;
mod routes;
mod state;

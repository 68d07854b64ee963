//! Wherever the layer is put on: one set of numbers for one layer's value, and the route's name
//! where it is known.

mod numbers;
mod routes;
mod serving;

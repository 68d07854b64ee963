//! Nothing here: see the targets beside it.

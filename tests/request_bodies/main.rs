//! What is read of requests, over real connections: all, a part or nothing of it; and that the bytes
//! on the wire are those of the service without the layer.

mod reading;
mod sending;
mod servers;
mod uploads;

//! Rings of liburing.
//!
//! A request is written by code of the program itself; a function of liburing hands it to the kernel. There we look at it.
//!
//! * `making`, `submitting`, `registering`: those functions;
//! * `layout`: where requests are; `requests`: what they may write to.

mod layout;
mod making;
mod registering;
mod requests;
mod submitting;

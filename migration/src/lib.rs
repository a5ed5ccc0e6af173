//! The history of the database schema.
//!
//! Owns every step from an empty database to today's. There is no step yet, since there is no table.
//!
//! Must not know: any other crate of ours; a step must mean the same for ever.

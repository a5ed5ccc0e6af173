//! Rows of the database and their enumerations.
//!
//! Owns the shape of what is stored, one file for each table. There is no table yet: collecting without a server needs
//! none.
//!
//! Must not know: queries, and anything above it.

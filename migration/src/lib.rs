//! The history of the database schema.
//!
//! Owns every step from an empty database to today's; the same steps make SQLite's and PostgreSQL's.
//!
//! Must not know: any other crate of ours; a step must mean the same for ever.

#![forbid(unsafe_code)]

mod m0001_first;
mod m0002_records;
mod m0003_changes;
mod m0004_search;
mod m0005_loads;
mod m0006_lists;

pub use sea_orm_migration::MigratorTrait;
use sea_orm_migration::{MigrationTrait, async_trait};

/// All steps, in their order.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_first::Migration),
            Box::new(m0002_records::Migration),
            Box::new(m0003_changes::Migration),
            Box::new(m0004_search::Migration),
            Box::new(m0005_loads::Migration),
            Box::new(m0006_lists::Migration),
        ]
    }
}

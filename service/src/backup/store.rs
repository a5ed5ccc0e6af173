//! Queries of copies of the database.

use std::path::Path;

use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};

use crate::database::Database;

/// Writes all that the database holds at this moment into a new file; who writes meanwhile is not kept from it.
pub(super) async fn copy(db: &Database, into: &Path) -> Result<(), DbErr> {
    let into = into.to_string_lossy().into_owned();
    let statement = Statement::from_sql_and_values(DbBackend::Sqlite, "VACUUM INTO ?", [into.into()]);
    db.reader().execute_raw(statement).await.map(|_| ())
}

/// What is wrong with the file of the database; nothing, if it is whole.
pub(super) async fn faults(db: &Database) -> Result<Vec<String>, DbErr> {
    let statement = Statement::from_string(DbBackend::Sqlite, "PRAGMA integrity_check");
    let rows = db.reader().query_all_raw(statement).await?;
    let lines: Result<Vec<String>, DbErr> = rows.iter().map(|row| row.try_get_by_index(0)).collect();
    Ok(lines?.into_iter().filter(|line| line != "ok").collect())
}

//! What lists are asked by: captures that are not complete, and who did what.

use sea_orm_migration::{async_trait, prelude::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// Nearly all captures are complete: who asks for these finds them without an index, and for the others it is a small one.
/// Both databases say it in the same words.
const NOT_COMPLETE: &str = "CREATE INDEX capture_verdict_id ON capture (verdict, id) WHERE verdict <> 'complete'";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(NOT_COMPLETE).await?;
        for (name, column) in [("audit_event_action_id", "action"), ("audit_event_actor_id", "actor")] {
            let index = Index::create()
                .name(name)
                .table("audit_event")
                .col(column)
                .col("id")
                .to_owned();
            manager.create_index(index).await?;
        }
        let replaced = Index::drop().name("audit_event_actor").table("audit_event").to_owned();
        manager.drop_index(replaced).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let before = Index::create()
            .name("audit_event_actor")
            .table("audit_event")
            .col("actor")
            .to_owned();
        manager.create_index(before).await?;
        for (name, table) in [
            ("audit_event_actor_id", "audit_event"),
            ("audit_event_action_id", "audit_event"),
            ("capture_verdict_id", "capture"),
        ] {
            manager
                .drop_index(Index::drop().name(name).table(table).to_owned())
                .await?;
        }
        Ok(())
    }
}

//! What changed in configurations, the rules of what is left aside, and which files of the mirror are behind.

use sea_orm_migration::{async_trait, prelude::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

fn required(name: &'static str) -> ColumnDef {
    let mut column = ColumnDef::new(name);
    column.not_null();
    column
}

fn tables() -> [TableCreateStatement; 4] {
    [
        Table::create()
            .table("config_change")
            .col(required("id").uuid().primary_key())
            .col(required("device_id").uuid())
            .col(required("device_name").text())
            .col(required("platform").text())
            .col(required("capture_type").text())
            .col(required("collection_id").uuid())
            .col(required("previous_capture_id").uuid())
            .col(required("capture_id").uuid())
            .col(required("previous_text_id").big_integer())
            .col(required("previous_sha256").blob())
            .col(required("text_id").big_integer())
            .col(required("sha256").blob())
            .col(required("previous_captured_at").big_integer())
            .col(required("changed_at").big_integer())
            .col(required("lines_added").big_integer())
            .col(required("lines_removed").big_integer())
            .col(required("severity").string_len(24))
            .col(required("sections").json_binary())
            .col(required("search").text())
            .col(ColumnDef::new("message").text())
            .to_owned(),
        Table::create()
            .table("pending_change")
            .col(required("capture_id").uuid().primary_key())
            .col(required("collection_id").uuid())
            .col(ColumnDef::new("previous_capture_id").uuid())
            .col(ColumnDef::new("previous_text_id").big_integer())
            .to_owned(),
        Table::create()
            .table("volatile_rule")
            .col(required("id").uuid().primary_key())
            .col(required("platform").text())
            .col(required("pattern").text())
            .col(required("note").text())
            .col(required("created_by").text())
            .col(required("created_at").big_integer())
            .to_owned(),
        Table::create()
            .table("mirror_file")
            .col(required("device_id").uuid().primary_key())
            .col(required("collection_id").uuid())
            .to_owned(),
    ]
}

fn indexes() -> Vec<IndexCreateStatement> {
    let named = |name: &str, table: &'static str| Index::create().name(name).table(table).to_owned();
    let by_time = |name: &str, column: &'static str| {
        named(name, "config_change")
            .col(column)
            .col("changed_at")
            .col("id")
            .to_owned()
    };
    vec![
        named("config_change_changed_at", "config_change")
            .col("changed_at")
            .col("id")
            .to_owned(),
        by_time("config_change_device_id_changed_at", "device_id"),
        by_time("config_change_collection_id_changed_at", "collection_id"),
        by_time("config_change_severity_changed_at", "severity"),
        named("config_change_capture_id", "config_change")
            .col("capture_id")
            .unique()
            .to_owned(),
        named("pending_change_collection_id", "pending_change")
            .col("collection_id")
            .to_owned(),
    ]
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in tables() {
            manager.create_table(table).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        // Configurations that are there already are new to a mirror.
        let known = "INSERT INTO mirror_file (device_id, collection_id) \
             SELECT current_capture.device_id, capture.collection_id FROM current_capture \
             JOIN capture ON capture.id = current_capture.capture_id WHERE current_capture.capture_type = 'configs'";
        manager.get_connection().execute_unprepared(known).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for name in ["mirror_file", "volatile_rule", "pending_change", "config_change"] {
            manager.drop_table(Table::drop().table(name).to_owned()).await?;
        }
        Ok(())
    }
}

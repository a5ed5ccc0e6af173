//! Loads remember which text could not be read, so that it is not read again and again; lists find rows by everything they are
//! filtered by.

use sea_orm_migration::{async_trait, prelude::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const COLUMNS: [&str; 2] = ["failed_sha256", "failed_version"];

/// What rows that are true now are also found by, in the order of the pages.
const FOUND_BY: [(&str, &[&str]); 6] = [
    ("arp_entry", &["interface", "vlan", "vrf"]),
    ("mac_entry", &["interface", "vlan", "vrf"]),
    ("interface", &["vlan", "vrf"]),
    ("route", &["interface", "vrf", "protocol"]),
    ("component", &["name"]),
    ("device_version", &["name", "os_version"]),
];

fn indexes() -> Vec<IndexCreateStatement> {
    let open = || Expr::col("closed_at").is_null();
    let mut all = Vec::new();
    for (table, columns) in FOUND_BY {
        for column in columns {
            let index = Index::create()
                .name(format!("{table}_{column}_open"))
                .table(table)
                .col(*column)
                .col("id")
                .and_where(open())
                .to_owned();
            all.push(index);
        }
    }
    // Also asked for together with the device.
    let names = Index::create()
        .name("interface_interface_device_id")
        .table("interface")
        .col("interface")
        .col("device_id")
        .col("first_seen_at")
        .to_owned();
    all.push(names);
    all
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let [sha256, version] = COLUMNS;
        let sha256 = ColumnDef::new(sha256).blob().to_owned();
        let version = ColumnDef::new(version).text().to_owned();
        // One by one: SQLite takes no more in one statement.
        for column in [sha256, version] {
            manager
                .alter_table(Table::alter().table("load").add_column(column).to_owned())
                .await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, columns) in FOUND_BY {
            for column in columns {
                let name = format!("{table}_{column}_open");
                manager
                    .drop_index(Index::drop().name(name).table(table).to_owned())
                    .await?;
            }
        }
        let names = Index::drop()
            .name("interface_interface_device_id")
            .table("interface")
            .to_owned();
        manager.drop_index(names).await?;
        for column in COLUMNS {
            manager
                .alter_table(Table::alter().table("load").drop_column(column).to_owned())
                .await?;
        }
        Ok(())
    }
}

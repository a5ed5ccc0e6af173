//! What was read from captures: rows with the time in which they were true, and what is loaded from where.

use sea_orm_migration::{async_trait, prelude::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// Every table of records has these.
fn table(name: &'static str) -> TableCreateStatement {
    Table::create()
        .table(name)
        .col(
            ColumnDef::new("id")
                .big_integer()
                .not_null()
                .auto_increment()
                .primary_key(),
        )
        .col(ColumnDef::new("device_id").uuid().not_null())
        .col(ColumnDef::new("capture_id").uuid().not_null())
        .col(ColumnDef::new("identity").blob().not_null())
        .col(ColumnDef::new("content").big_integer().not_null())
        .col(ColumnDef::new("record").text().not_null())
        .col(ColumnDef::new("first_seen_at").big_integer().not_null())
        .col(ColumnDef::new("last_seen_at").big_integer())
        .col(ColumnDef::new("closed_at").big_integer())
        .to_owned()
}

fn ip() -> ColumnDef {
    ColumnDef::new("ip").blob().to_owned()
}

fn mac() -> ColumnDef {
    ColumnDef::new("mac").big_integer().to_owned()
}

fn text(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).text().to_owned()
}

fn with(name: &'static str, columns: Vec<ColumnDef>) -> TableCreateStatement {
    let mut table = table(name);
    for column in columns {
        table.col(column);
    }
    table
}

/// Columns that rows of a table are found by, whatever the device.
const FOUND_BY: [(&str, &[&str]); 7] = [
    ("arp_entry", &["ip", "mac"]),
    ("mac_entry", &["mac"]),
    ("neighbor", &["ip", "mac", "name"]),
    ("interface", &["mac"]),
    ("route", &["prefix"]),
    ("component", &["serial"]),
    ("device_version", &["serial"]),
];

fn indexes() -> Vec<IndexCreateStatement> {
    let open = || Expr::col("closed_at").is_null();
    let mut all = Vec::new();
    for (table, columns) in FOUND_BY {
        let named = |name: &str| Index::create().name(format!("{table}_{name}")).table(table).to_owned();
        // Lists show what is there now, so their cost must not grow with what was.
        all.push(named("open").col("id").and_where(open()).to_owned());
        all.push(
            named("device_id_open")
                .col("device_id")
                .col("id")
                .and_where(open())
                .to_owned(),
        );
        all.push(
            named("device_id_closed_at")
                .col("device_id")
                .col("closed_at")
                .to_owned(),
        );
        for column in columns {
            all.push(named(column).col(*column).col("id").to_owned());
        }
    }
    all
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let tables = [
            with(
                "arp_entry",
                vec![ip(), mac(), text("interface"), text("vlan"), text("vrf")],
            ),
            with("mac_entry", vec![mac(), text("interface"), text("vlan"), text("vrf")]),
            with("neighbor", vec![ip(), mac(), text("interface"), text("name")]),
            with("interface", vec![mac(), text("interface"), text("vlan"), text("vrf")]),
            with(
                "route",
                vec![text("prefix"), text("interface"), text("vrf"), text("protocol")],
            ),
            with("component", vec![text("name"), text("serial")]),
            with("device_version", vec![text("name"), text("serial"), text("os_version")]),
            Table::create()
                .table("interface_address")
                .col(ColumnDef::new("ip").blob().not_null())
                .col(ColumnDef::new("device_id").uuid().not_null())
                .col(ColumnDef::new("interface").text().not_null())
                .col(ColumnDef::new("first_seen_at").big_integer().not_null())
                .primary_key(
                    Index::create()
                        .col("ip")
                        .col("device_id")
                        .col("interface")
                        .col("first_seen_at")
                        .primary(),
                )
                .to_owned(),
            Table::create()
                .table("load")
                .col(ColumnDef::new("device_id").uuid().not_null())
                .col(ColumnDef::new("capture_type").text().not_null())
                .col(ColumnDef::new("at").big_integer())
                .col(ColumnDef::new("capture_id").uuid())
                .col(ColumnDef::new("sha256").blob())
                .col(ColumnDef::new("templates").text().not_null())
                .col(ColumnDef::new("version").text().not_null())
                .col(ColumnDef::new("records").big_integer().not_null())
                .col(ColumnDef::new("incomplete").big_integer().not_null())
                .col(ColumnDef::new("unknown_lines").big_integer().not_null())
                .col(ColumnDef::new("warning").text())
                .col(ColumnDef::new("failed_capture_id").uuid())
                .col(ColumnDef::new("message").text())
                .col(ColumnDef::new("tried_at").big_integer().not_null())
                .primary_key(Index::create().col("device_id").col("capture_type").primary())
                .to_owned(),
        ];
        for table in tables {
            manager.create_table(table).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let tables = FOUND_BY.map(|(name, _)| name);
        for name in tables.into_iter().chain(["interface_address", "load"]) {
            manager.drop_table(Table::drop().table(name).to_owned()).await?;
        }
        Ok(())
    }
}

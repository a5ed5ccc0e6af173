//! What questions are answered from: the last good texts in chunks with an index of their trigrams, what was last tried of
//! each device and type, and the places where an address is looked up.

use sea_orm_migration::{async_trait, prelude::*, sea_orm::DbBackend};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// The trigger of SQLite keeps the index in step with the chunks, whoever changes them.
const SQLITE: [&str; 4] = [
    "CREATE VIRTUAL TABLE search_index USING fts5(body, raw, content = 'search_chunk', content_rowid = 'id', \
     tokenize = 'trigram', columnsize = 0)",
    "CREATE TRIGGER search_chunk_insert AFTER INSERT ON search_chunk BEGIN \
     INSERT INTO search_index(rowid, body, raw) VALUES (new.id, new.body, new.raw); END",
    "CREATE TRIGGER search_chunk_delete AFTER DELETE ON search_chunk BEGIN \
     INSERT INTO search_index(search_index, rowid, body, raw) VALUES ('delete', old.id, old.body, old.raw); END",
    "CREATE TRIGGER search_chunk_update AFTER UPDATE OF body, raw ON search_chunk BEGIN \
     INSERT INTO search_index(search_index, rowid, body, raw) VALUES ('delete', old.id, old.body, old.raw); \
     INSERT INTO search_index(rowid, body, raw) VALUES (new.id, new.body, new.raw); END",
];

/// PostgreSQL's trigrams are of letters and digits alone: signs that addresses and ports are written with become letters.
const POSTGRES: &str = "ALTER TABLE search_chunk \
     ADD COLUMN body_key text COLLATE \"C\" GENERATED ALWAYS AS (translate(lower(body), ' ./:-_', 'yqxzjw')) STORED, \
     ADD COLUMN raw_key text COLLATE \"C\" GENERATED ALWAYS AS (translate(lower(raw), ' ./:-_', 'yqxzjw')) STORED";

/// What was tried before there was a table for it.
const FILL: &str = "INSERT INTO coverage (device_id, capture_type, good_at, good_capture_id, tried_at, verdict) \
    SELECT n.device_id, n.capture_type, g.captured_at, g.id, n.captured_at, n.verdict \
    FROM (SELECT device_id, capture_type, captured_at, verdict, \
          ROW_NUMBER() OVER (PARTITION BY device_id, capture_type ORDER BY id DESC) AS place FROM capture) n \
    LEFT JOIN (SELECT id, device_id, capture_type, captured_at, \
          ROW_NUMBER() OVER (PARTITION BY device_id, capture_type ORDER BY id DESC) AS place FROM capture \
          WHERE verdict = 'complete' OR accepted_by IS NOT NULL) g \
    ON g.device_id = n.device_id AND g.capture_type = n.capture_type AND g.place = 1 \
    WHERE n.place = 1";

/// Texts that are looked through byte by byte: in other orders than this one PostgreSQL compares very slowly.
fn bytes(name: &'static str, backend: DbBackend) -> ColumnDef {
    let mut column = ColumnDef::new(name);
    column.text();
    if backend == DbBackend::Postgres {
        column.extra("COLLATE \"C\"");
    }
    column
}

fn tables(backend: DbBackend) -> [TableCreateStatement; 3] {
    [
        Table::create()
            .table("coverage")
            .col(ColumnDef::new("device_id").uuid().not_null())
            .col(ColumnDef::new("capture_type").text().not_null())
            .col(ColumnDef::new("good_at").big_integer())
            .col(ColumnDef::new("good_capture_id").uuid())
            .col(ColumnDef::new("tried_at").big_integer().not_null())
            .col(ColumnDef::new("verdict").string_len(24).not_null())
            .col(ColumnDef::new("failure_kind").text())
            .col(ColumnDef::new("message").text())
            .primary_key(Index::create().col("device_id").col("capture_type").primary())
            .to_owned(),
        Table::create()
            .table("search_text")
            .col(
                ColumnDef::new("id")
                    .big_integer()
                    .not_null()
                    .auto_increment()
                    .primary_key(),
            )
            .col(ColumnDef::new("device_id").uuid().not_null())
            .col(ColumnDef::new("capture_type").text().not_null())
            .col(ColumnDef::new("capture_id").uuid().not_null())
            .col(ColumnDef::new("text_id").big_integer().not_null())
            .col(ColumnDef::new("rules").big_integer().not_null())
            .col(ColumnDef::new("partial").boolean().not_null())
            .to_owned(),
        Table::create()
            .table("search_chunk")
            .col(ColumnDef::new("id").big_integer().not_null().primary_key())
            .col(ColumnDef::new("first_line").big_integer().not_null())
            .col(ColumnDef::new("head").text().not_null())
            .col(bytes("body", backend).not_null().to_owned())
            .col(bytes("raw", backend))
            .to_owned(),
    ]
}

fn indexes(backend: DbBackend) -> Vec<IndexCreateStatement> {
    let mut all = vec![
        Index::create()
            .name("search_text_device_id_capture_type")
            .table("search_text")
            .col("device_id")
            .col("capture_type")
            .unique()
            .to_owned(),
        // Hardly any text is too large; every answer says which are.
        Index::create()
            .name("search_text_partial")
            .table("search_text")
            .col("id")
            .and_where(Expr::col("partial"))
            .to_owned(),
        // How many addresses are behind a port.
        Index::create()
            .name("mac_entry_device_id_interface_open")
            .table("mac_entry")
            .col("device_id")
            .col("interface")
            .and_where(Expr::col("closed_at").is_null())
            .to_owned(),
    ];
    // Names that begin with a word: SQLite compares bytes anyway.
    if backend == DbBackend::Postgres {
        all.push(
            Index::create()
                .name("neighbor_name_bytes")
                .table("neighbor")
                .col(Expr::cust("name COLLATE \"C\""))
                .to_owned(),
        );
    }
    all
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let backend = manager.get_database_backend();
        for table in tables(backend) {
            manager.create_table(table).await?;
        }
        for index in indexes(backend) {
            manager.create_index(index).await?;
        }
        let connection = manager.get_connection();
        connection.execute_unprepared(FILL).await?;
        match backend {
            // Its index needs an extension that not everybody may make: the server tries at every start.
            DbBackend::Postgres => {
                connection.execute_unprepared(POSTGRES).await?;
            }
            _ => {
                for statement in SQLITE {
                    connection.execute_unprepared(statement).await?;
                }
            }
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let backend = manager.get_database_backend();
        if backend == DbBackend::Sqlite {
            let connection = manager.get_connection();
            connection.execute_unprepared("DROP TABLE search_index").await?;
        }
        for name in ["search_chunk", "search_text", "coverage"] {
            manager.drop_table(Table::drop().table(name).to_owned()).await?;
        }
        let mut names = vec![("mac_entry", "mac_entry_device_id_interface_open")];
        if backend == DbBackend::Postgres {
            names.push(("neighbor", "neighbor_name_bytes"));
        }
        for (table, name) in names {
            manager
                .drop_index(Index::drop().name(name).table(table).to_owned())
                .await?;
        }
        Ok(())
    }
}

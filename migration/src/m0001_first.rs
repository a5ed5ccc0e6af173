//! The first schema: people, devices, credentials, collections with their events, captures with their texts.

use sea_orm_migration::{async_trait, prelude::*, sea_orm::DbBackend};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

fn table(name: &'static str) -> TableCreateStatement {
    Table::create().table(name).to_owned()
}

fn column(name: &'static str) -> ColumnDef {
    let mut column = ColumnDef::new(name);
    column.not_null();
    column
}

fn optional(name: &'static str) -> ColumnDef {
    ColumnDef::new(name)
}

fn index(table: &'static str, name: &'static str, columns: &[&'static str]) -> IndexCreateStatement {
    let mut index = Index::create();
    index.name(name).table(table);
    for column in columns {
        index.col(*column);
    }
    index
}

fn unique(table: &'static str, name: &'static str, columns: &[&'static str]) -> IndexCreateStatement {
    index(table, name, columns).unique().to_owned()
}

fn primary(columns: &[&'static str]) -> IndexCreateStatement {
    let mut key = Index::create();
    for column in columns {
        key.col(*column);
    }
    key.primary();
    key
}

async fn people(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let tables = [
        table("user")
            .col(column("id").uuid())
            .col(column("name").text())
            .col(column("name_key").text())
            .col(column("password_hash").text())
            .col(column("role").string_len(24))
            .col(column("enabled").boolean())
            .col(column("created_at").big_integer())
            .col(column("updated_at").big_integer())
            .col(optional("last_login_at").big_integer())
            .primary_key(&mut primary(&["id"]))
            .to_owned(),
        table("auth_session")
            .col(column("id").uuid())
            .col(column("user_id").uuid())
            .col(column("created_at").big_integer())
            .col(column("expires_at").big_integer())
            .col(optional("revoked_at").big_integer())
            .col(column("remote_address").text())
            .primary_key(&mut primary(&["id"]))
            .to_owned(),
        table("refresh_token")
            .col(column("hash").blob())
            .col(column("session_id").uuid())
            .col(column("created_at").big_integer())
            .col(optional("used_at").big_integer())
            .col(optional("successor").blob())
            .primary_key(&mut primary(&["hash"]))
            .to_owned(),
        table("api_token")
            .col(column("id").uuid())
            .col(column("user_id").uuid())
            .col(column("name").text())
            .col(column("prefix").text())
            .col(column("hash").blob())
            .col(column("scope").string_len(24))
            .col(column("created_at").big_integer())
            .col(optional("expires_at").big_integer())
            .col(optional("last_used_at").big_integer())
            .col(optional("revoked_at").big_integer())
            .primary_key(&mut primary(&["id"]))
            .to_owned(),
        table("audit_event")
            .col(column("id").uuid())
            .col(column("at").big_integer())
            .col(optional("actor_id").uuid())
            .col(column("actor").text())
            .col(column("actor_kind").text())
            .col(column("action").text())
            .col(column("target_type").text())
            .col(optional("target_id").text())
            .col(column("summary").text())
            .col(column("remote_address").text())
            .col(column("request_id").text())
            .primary_key(&mut primary(&["id"]))
            .to_owned(),
        table("idempotency_key")
            .col(column("caller").uuid())
            .col(column("key").text())
            .col(column("fingerprint").blob())
            .col(optional("answer").blob())
            .col(column("created_at").big_integer())
            .primary_key(&mut primary(&["caller", "key"]))
            .to_owned(),
        table("setting")
            .col(column("key").text())
            .col(column("value").json_binary())
            .primary_key(&mut primary(&["key"]))
            .to_owned(),
    ];
    for table in tables {
        manager.create_table(table).await?;
    }
    let indexes = [
        unique("user", "user_name_key", &["name_key"]),
        index("auth_session", "auth_session_user_id", &["user_id"]),
        index("refresh_token", "refresh_token_session_id", &["session_id"]),
        unique("api_token", "api_token_hash", &["hash"]),
        index("api_token", "api_token_user_id", &["user_id"]),
        index("audit_event", "audit_event_actor", &["actor"]),
        index("audit_event", "audit_event_target_id", &["target_id"]),
        index("idempotency_key", "idempotency_key_created_at", &["created_at"]),
    ];
    for index in indexes {
        manager.create_index(index).await?;
    }
    Ok(())
}

async fn devices(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let tables = [
        table("device")
            .col(column("id").uuid())
            .col(column("name").text())
            .col(column("name_key").text())
            .col(column("address").text())
            .col(column("port").integer())
            .col(column("platform").text())
            .col(column("vendor").text())
            .col(column("site").text())
            .col(column("role").text())
            .col(column("model").text())
            .col(column("os_version").text())
            .col(column("serial").text())
            .col(column("tags").json_binary())
            .col(column("enabled").boolean())
            .col(optional("credential_id").uuid())
            .col(column("legacy_algorithms").boolean())
            .col(optional("last_collected_at").big_integer())
            .col(column("created_at").big_integer())
            .col(column("updated_at").big_integer())
            .col(column("vendor_key").text())
            .col(column("site_key").text())
            .col(column("role_key").text())
            .col(column("search").text())
            .primary_key(&mut primary(&["id"]))
            .to_owned(),
        table("device_tag")
            .col(column("tag").text())
            .col(column("device_id").uuid())
            .primary_key(&mut primary(&["tag", "device_id"]))
            .to_owned(),
        table("credential")
            .col(column("id").uuid())
            .col(column("name").text())
            .col(column("name_key").text())
            .col(column("username").text())
            .col(column("sealed").blob())
            .col(column("identity").blob())
            .col(column("has_password").boolean())
            .col(column("has_enable_password").boolean())
            .col(column("has_private_key").boolean())
            .col(column("use_agent").boolean())
            .col(column("sites").json_binary())
            .col(column("tags").json_binary())
            .col(column("is_default").boolean())
            .col(column("position").integer())
            .col(column("created_at").big_integer())
            .col(column("updated_at").big_integer())
            .primary_key(&mut primary(&["id"]))
            .to_owned(),
        table("login_identity")
            .col(column("identity").blob())
            .col(column("username").text())
            .col(column("consecutive_failures").integer())
            .col(optional("closed_at").big_integer())
            .col(column("in_flight").integer())
            .col(column("updated_at").big_integer())
            .primary_key(&mut primary(&["identity"]))
            .to_owned(),
        table("host_key")
            .col(column("id").uuid())
            .col(column("place").text())
            .col(column("algorithm").text())
            .col(column("key").text())
            .col(column("first_seen_at").big_integer())
            .col(column("last_seen_at").big_integer())
            .col(optional("offered_key").text())
            .col(optional("offered_at").big_integer())
            .primary_key(&mut primary(&["id"]))
            .to_owned(),
    ];
    for table in tables {
        manager.create_table(table).await?;
    }
    let indexes = [
        unique("device", "device_name_key", &["name_key"]),
        index("device", "device_address_port", &["address", "port"]),
        index("device", "device_site_key_name_key", &["site_key", "name_key"]),
        index("device", "device_platform_name_key", &["platform", "name_key"]),
        index("device", "device_vendor_key_name_key", &["vendor_key", "name_key"]),
        index("device", "device_role_key_name_key", &["role_key", "name_key"]),
        index("device", "device_credential_id", &["credential_id"]),
        index("device_tag", "device_tag_device_id", &["device_id"]),
        unique("credential", "credential_name_key", &["name_key"]),
        index("credential", "credential_identity", &["identity"]),
        unique("host_key", "host_key_place", &["place"]),
    ];
    for index in indexes {
        manager.create_index(index).await?;
    }
    // SQLite searches this instead of the much larger rows. PostgreSQL reads the rows with several workers, and its
    // indexes cannot hold texts of this length.
    if manager.get_database_backend() == DbBackend::Sqlite {
        let search = index("device", "device_name_key_search", &["name_key", "search"]);
        manager.create_index(search).await?;
    }
    Ok(())
}

async fn collections(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let tables = [
        table("collection")
            .col(column("id").uuid())
            .col(column("kind").string_len(24))
            .col(column("name").text())
            .col(column("status").string_len(24))
            .col(column("stage").string_len(24))
            .col(column("capture_types").json_binary())
            .col(column("options").json_binary())
            .col(column("filters").json_binary())
            .col(optional("retry_of").uuid())
            .col(optional("created_by_id").uuid())
            .col(column("created_by").text())
            .col(column("created_at").big_integer())
            .col(optional("started_at").big_integer())
            .col(optional("finished_at").big_integer())
            .col(optional("execution_ms").big_integer())
            .col(column("total").integer())
            .col(column("running").integer())
            .col(column("succeeded").integer())
            .col(column("partially_succeeded").integer())
            .col(column("failed").integer())
            .col(column("cancelled").integer())
            .col(column("captures_created").json_binary())
            .col(column("commands_executed").big_integer())
            .col(optional("loaded_to_db").boolean())
            .col(column("message").text())
            .col(column("last_seq").big_integer())
            .col(optional("credential_id").uuid())
            .col(optional("sealed_secret").blob())
            .col(optional("secret_expires_at").big_integer())
            .col(column("events_expired").boolean())
            .primary_key(&mut primary(&["id"]))
            .to_owned(),
        table("collection_device")
            .col(column("collection_id").uuid())
            .col(column("position").integer())
            .col(column("device_id").uuid())
            .col(column("device_name").text())
            .col(column("address").text())
            .col(column("port").integer())
            .col(column("platform").text())
            .col(column("site").text())
            .col(column("legacy_algorithms").boolean())
            .col(optional("credential_id").uuid())
            .col(column("status").string_len(24))
            .col(optional("failure_kind").text())
            .col(column("message").text())
            .col(column("attempt").integer())
            .col(optional("started_at").big_integer())
            .col(optional("finished_at").big_integer())
            .col(optional("duration_ms").big_integer())
            .col(column("capture_types").json_binary())
            .col(column("skipped").json_binary())
            .col(column("captures").json_binary())
            .col(optional("details").json_binary())
            .primary_key(&mut primary(&["collection_id", "position"]))
            .to_owned(),
        table("event_batch")
            .col(column("collection_id").uuid())
            .col(column("last_seq").big_integer())
            .col(column("first_seq").big_integer())
            .col(column("events").blob())
            .primary_key(&mut primary(&["collection_id", "last_seq"]))
            .to_owned(),
        table("transcript")
            .col(column("collection_id").uuid())
            .col(column("device_id").uuid())
            .col(column("sealed").blob())
            .col(column("created_at").big_integer())
            .col(column("expires_at").big_integer())
            .primary_key(&mut primary(&["collection_id", "device_id"]))
            .to_owned(),
    ];
    for table in tables {
        manager.create_table(table).await?;
    }
    let indexes = [
        index("collection", "collection_status", &["status"]),
        index("collection", "collection_retry_of", &["retry_of"]),
        index("collection", "collection_secret_expires_at", &["secret_expires_at"]),
        index(
            "collection_device",
            "collection_device_collection_id_status_position",
            &["collection_id", "status", "position"],
        ),
        index(
            "collection_device",
            "collection_device_device_id_collection_id",
            &["device_id", "collection_id"],
        ),
        index("transcript", "transcript_expires_at", &["expires_at"]),
    ];
    for index in indexes {
        manager.create_index(index).await?;
    }
    Ok(())
}

async fn captures(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let tables = [
        table("text")
            .col(column("id").big_integer().auto_increment().primary_key())
            .col(column("sha_key").big_integer())
            .col(column("sha256").blob())
            .col(optional("base_id").big_integer())
            .col(column("depth").integer())
            .col(column("bytes").big_integer())
            .col(optional("data").blob())
            .to_owned(),
        table("capture")
            .col(column("id").uuid())
            .col(column("device_id").uuid())
            .col(column("device_name").text())
            .col(column("collection_id").uuid())
            .col(column("capture_type").text())
            .col(column("commands").text())
            .col(column("verdict").string_len(24))
            .col(column("bytes").big_integer())
            .col(column("lines").big_integer())
            .col(optional("text_id").big_integer())
            .col(column("captured_at").big_integer())
            .col(optional("message").text())
            .col(optional("accepted_by").text())
            .primary_key(&mut primary(&["id"]))
            .to_owned(),
        table("current_capture")
            .col(column("device_id").uuid())
            .col(column("capture_type").text())
            .col(column("capture_id").uuid())
            .col(column("text_id").big_integer())
            .primary_key(&mut primary(&["device_id", "capture_type"]))
            .to_owned(),
    ];
    for table in tables {
        manager.create_table(table).await?;
    }
    let indexes = [
        index("text", "text_sha_key", &["sha_key"]),
        index("text", "text_base_id", &["base_id"]),
        index(
            "capture",
            "capture_device_id_capture_type_id",
            &["device_id", "capture_type", "id"],
        ),
        index("capture", "capture_collection_id_id", &["collection_id", "id"]),
        index("capture", "capture_text_id", &["text_id"]),
        index("current_capture", "current_capture_capture_id", &["capture_id"]),
        index("current_capture", "current_capture_text_id", &["text_id"]),
    ];
    for index in indexes {
        manager.create_index(index).await?;
    }
    Ok(())
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        people(manager).await?;
        devices(manager).await?;
        collections(manager).await?;
        captures(manager).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for name in TABLES {
            manager.drop_table(Table::drop().table(name).to_owned()).await?;
        }
        Ok(())
    }
}

const TABLES: [&str; 19] = [
    "current_capture",
    "capture",
    "text",
    "transcript",
    "event_batch",
    "collection_device",
    "collection",
    "host_key",
    "login_identity",
    "credential",
    "device_tag",
    "device",
    "setting",
    "idempotency_key",
    "audit_event",
    "api_token",
    "refresh_token",
    "auth_session",
    "user",
];

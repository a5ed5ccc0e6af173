//! Queries of the settings.

use entity::setting;
use sea_orm::{ActiveValue::Set, ConnectionTrait, DbErr, EntityTrait, sea_query::OnConflict};
use serde_json::Value;

/// What a key says.
pub(super) async fn read(db: &impl ConnectionTrait, key: &str) -> Result<Option<Value>, DbErr> {
    let row = setting::Entity::find_by_id(key).one(db).await?;
    Ok(row.map(|row| row.value))
}

/// Sets what a key says.
pub(super) async fn write(db: &impl ConnectionTrait, key: &str, value: Value) -> Result<(), DbErr> {
    let row = setting::ActiveModel {
        key: Set(key.to_owned()),
        value: Set(value),
    };
    setting::Entity::insert(row)
        .on_conflict(
            OnConflict::column(setting::Column::Key)
                .update_column(setting::Column::Value)
                .to_owned(),
        )
        .exec_without_returning(db)
        .await?;
    Ok(())
}

//! Table `device`.

use sea_orm::entity::prelude::*;

/// A network device.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "device")]
pub struct Model {
    /// Its own id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Name.
    pub name: String,
    /// For comparing, ignoring case.
    pub name_key: String,
    /// IP address or host name.
    pub address: String,
    /// TCP port of SSH.
    pub port: i32,
    /// Slug, or `auto`.
    pub platform: String,
    /// Who made it.
    pub vendor: String,
    /// Where it stands.
    pub site: String,
    /// What it is for.
    pub role: String,
    /// Its model.
    pub model: String,
    /// The version of its software.
    pub os_version: String,
    /// Its serial number.
    pub serial: String,
    /// Labels: an array of strings.
    pub tags: Json,
    /// Whether it is collected.
    pub enabled: bool,
    /// What it is logged in with.
    pub credential_id: Option<Uuid>,
    /// Whether old SSH algorithms are offered to it.
    pub legacy_algorithms: bool,
    /// When it last gave a complete capture.
    pub last_collected_at: Option<i64>,
    /// When it was made.
    pub created_at: i64,
    /// When it was last changed.
    pub updated_at: i64,
    /// The vendor for comparing, ignoring case.
    pub vendor_key: String,
    /// The site for comparing, ignoring case.
    pub site_key: String,
    /// The role for comparing, ignoring case.
    pub role_key: String,
    /// Everything that a search for words looks into, in lower case.
    pub search: String,
}

/// The tables stand alone: what belongs together is asked for by its id.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

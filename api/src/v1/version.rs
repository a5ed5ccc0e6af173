//! What this server is.

use poem_openapi::{Object, OpenApi, payload::Json, types::Example};

use super::Tag;
use crate::problem::Result;

/// What this server is.
#[derive(Object)]
#[oai(example)]
struct Version {
    /// Version of the product.
    version: String,
    /// Version of the API.
    api: String,
}

impl Example for Version {
    fn example() -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            api: "v1".to_owned(),
        }
    }
}

pub(crate) struct Api;

#[OpenApi(tag = "Tag::Version")]
impl Api {
    /// Versions of the server and its API
    ///
    /// Needs no login.
    #[oai(path = "/version", method = "get", operation_id = "version_view")]
    async fn version_view(&self) -> Result<Json<Version>> {
        Ok(Json(Version::example()))
    }
}

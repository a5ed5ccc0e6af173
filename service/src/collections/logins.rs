//! glue
use crate::{
    Service,
    error::{Error, Result},
};
use entity::device;
use uuid::Uuid;
impl Service {
    pub(super) async fn credential_for(&self, device: &device::Model) -> Result<Option<Uuid>> {
        Ok(device.credential_id)
    }
    pub(super) async fn credential_known(&self, id: Uuid) -> Result<()> {
        Err(Error::not_found("credential", id))
    }
    pub(super) async fn credential_open(&self, id: Uuid) -> Result<jobs::Credentials> {
        Err(Error::not_found("credential", id))
    }
}

//! The texts of a collection as one file.

use futures_util::stream;
use poem::{Body, Request, Response, handler, web::Path};
use service::captures::ArchiveForm;
use uuid::Uuid;

use crate::{
    auth::Granted,
    problem::{self, Problem},
    v1::captures,
};

/// All complete captures of a collection in a zip archive; without secrets for who must not see them. Plain, since it is streamed.
#[handler]
pub(crate) async fn captures_zip(request: &Request, granted: Granted, id: Path<String>) -> poem::Result<Response> {
    let id: Uuid = id.0.parse().map_err(|_| problem::nothing_here())?;
    let masked = captures::masked(request).map_err(Problem::from)?;
    let prompts = captures::flag(request, "prompts").map_err(Problem::from)?;
    let form = ArchiveForm { masked, prompts };
    let pieces = granted.service.collection_archive(&granted.actor, id, form).await;
    let pieces = stream::unfold(pieces.map_err(Problem::from)?, |mut pieces| async move {
        let piece = pieces.recv().await?;
        Some((piece, pieces))
    });
    Ok(Response::builder()
        .content_type("application/zip")
        .header(
            "content-disposition",
            format!("attachment; filename=\"captures-{id}.zip\""),
        )
        .body(Body::from_bytes_stream(pieces)))
}

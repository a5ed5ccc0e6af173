//! The pages of the browser, out of the binary.

use poem::{Request, Response, handler, http::header};
use rust_embed::{EmbeddedFile, RustEmbed};

use crate::{frame::Nonce, problem};

#[derive(RustEmbed)]
#[folder = "../frontend/dist"]
struct Files;

/// What stands in the page where the nonce of this answer belongs.
const NONCE: &str = "__CSP_NONCE__";
/// Shown when the binary was built without the pages.
const WITHOUT: &str = "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Showrun</title></head>\
    <body><h1>Showrun</h1><p>This binary was built without the browser interface: <code>make build</code> with npm \
    installed builds it with.</p><p>The API is here: <a href=\"/docs\">its documentation</a>.</p></body></html>\n";

/// A file, or the page that finds its way by itself.
#[handler]
pub(crate) fn page(request: &Request) -> poem::Result<Response> {
    let path = request.uri().path().trim_start_matches('/');
    if let Some(file) = Files::get(path).filter(|_| path != "index.html") {
        return Ok(asset(request, path, file));
    }
    // A file that is not there is not there; only addresses of the page itself lead to it.
    let last = path.rsplit('/').next().unwrap_or_default();
    if path.starts_with("assets/") || last.contains('.') && last != "index.html" {
        return Err(problem::nothing_here().into());
    }
    let nonce = request
        .data::<Nonce>()
        .map(|nonce| nonce.0.as_str())
        .unwrap_or_default();
    let html = match Files::get("index.html") {
        Some(file) => String::from_utf8_lossy(&file.data).replace(NONCE, nonce),
        None => WITHOUT.to_owned(),
    };
    Ok(Response::builder()
        .content_type("text/html; charset=utf-8")
        .header(header::CACHE_CONTROL, "no-cache")
        .body(html))
}

fn asset(request: &Request, path: &str, file: EmbeddedFile) -> Response {
    let hash = file.metadata.sha256_hash();
    let etag: String = hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let etag = format!("\"{etag}\"");
    if request.header("if-none-match") == Some(&etag) {
        return problem::not_modified(&etag);
    }
    // The names of assets change with what is in them.
    let cache = match path.starts_with("assets/") {
        true => "public, max-age=31536000, immutable",
        false => "no-cache",
    };
    Response::builder()
        .content_type(mime_guess::from_path(path).first_or_octet_stream().as_ref())
        .header(header::CACHE_CONTROL, cache)
        .header(header::ETAG, &etag)
        .body(file.data.into_owned())
}

//! How the server answers: problems, headers, limits, pages, health, metrics, TLS.

use reqwest::Method;
use serde_json::json;
use tests::server::{PASSWORD, Server, Setup};
use tests::skip::skip;

const USERS: &str = "/api/v1/users";

#[tokio::test]
async fn fault_37_what_cannot_be_read_is_a_problem() -> anyhow::Result<()> {
    let server = Server::start().await?;
    let admin = server.admin().await?;
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let wide = format!("{{\"username\":\"{}\"}}", "x".repeat(9 * 1024 * 1024));
    let cases: [(&str, &str, Vec<u8>, u16, &str); 10] = [
        ("broken", "application/json", b"{".to_vec(), 400, "malformed_json"),
        (
            "not UTF-8",
            "application/json",
            b"{\"a\":\"\xff\"}".to_vec(),
            400,
            "malformed_json",
        ),
        ("deep", "application/json", deep.into_bytes(), 400, "malformed_json"),
        ("wide", "application/json", wide.into_bytes(), 413, "too_large"),
        ("empty", "application/json", Vec::new(), 422, "validation_failed"),
        ("a list", "application/json", b"[]".to_vec(), 422, "validation_failed"),
        ("null", "application/json", b"null".to_vec(), 422, "validation_failed"),
        (
            "a NUL",
            "application/json",
            b"{\"username\":\"a\\u0000b\"}".to_vec(),
            422,
            "validation_failed",
        ),
        (
            "XML",
            "application/xml",
            b"<a/>".to_vec(),
            415,
            "unsupported_media_type",
        ),
        (
            "a form",
            "application/x-www-form-urlencoded",
            b"a=b".to_vec(),
            415,
            "unsupported_media_type",
        ),
    ];
    for (what, kind, body, status, code) in cases {
        let answer = admin.send_raw(Method::POST, USERS, Some((kind, body))).await?;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (status, code),
            "{what}: {answer:?}"
        );
        for member in ["type", "title", "status", "code", "detail", "request_id"] {
            assert!(answer.body.get(member).is_some(), "{what} has no {member}");
        }
        assert_eq!(answer.body["status"], status);
        assert_eq!(answer.text_of("/request_id"), answer.header("x-request-id"));
    }
    // Who is nobody does not get to send much.
    let body = format!("{{\"username\":\"{}\"}}", "x".repeat(100_000)).into_bytes();
    let login = "/api/v1/auth/login";
    let answer = server
        .client()
        .send_raw(Method::POST, login, Some(("application/json", body.clone())))
        .await?;
    assert_eq!(answer.status, 413);
    let answer = server
        .client()
        .send_raw(Method::POST, USERS, Some(("application/json", body)))
        .await?;
    assert_eq!(answer.status, 401);
    for path in ["/api/v1/users/%00", "/api/v1/users?page_token=%00"] {
        assert_eq!(admin.get(path).await?.status, 400, "{path}");
    }
    for path in [
        "/api/v1/users/1",
        "/api/v1/users/..%2f..",
        "/api/v1/users/0199a3a0-8f2b-7c4e-9d51-3a6f2b7c8d90",
    ] {
        let answer = admin.get(path).await?;
        assert_eq!((answer.status, answer.code().as_str()), (404, "not_found"), "{path}");
    }
    // No answer tells what the server is made of.
    let answer = admin.send(Method::from_bytes(b"BREW")?, USERS, None).await?;
    assert_eq!((answer.status, answer.code().as_str()), (405, "method_not_allowed"));
    Ok(())
}

#[tokio::test]
async fn every_answer_carries_the_headers_of_security() -> anyhow::Result<()> {
    let server = Server::start().await?;
    let mut nonces = Vec::new();
    for path in [
        "/",
        "/collections",
        "/healthz",
        "/docs",
        "/openapi.json",
        "/api/v1/version",
        "/api/v1/users",
        "/x.js",
    ] {
        let answer = server.client().get(path).await?;
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("x-frame-options", "DENY"),
        ] {
            assert_eq!(answer.header(name), value, "{path}");
        }
        let policy = answer.header("content-security-policy").to_owned();
        for part in [
            "default-src 'self'",
            "script-src 'self';",
            "frame-ancestors 'none'",
            "object-src 'none'",
        ] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        if path != "/docs" {
            assert!(!policy.contains("unsafe"), "{path}: {policy}");
        }
        if path.starts_with("/api/") {
            assert_eq!(answer.header("cache-control"), "no-store");
        }
        if path == "/" {
            let nonce = policy.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next());
            let nonce = nonce.unwrap_or_default().to_owned();
            let page = String::from_utf8_lossy(&answer.bytes).into_owned();
            assert!(!page.contains("__CSP_NONCE__"), "{page}");
            nonces.push(nonce);
        }
        assert!(answer.header("strict-transport-security").is_empty());
        assert!(answer.header("server").is_empty());
        assert!(answer.header("access-control-allow-origin").is_empty());
    }
    let again = server.client().get("/").await?;
    assert!(
        !again.header("content-security-policy").contains(&nonces[0]),
        "the nonce is always the same"
    );
    assert_eq!(server.client().get("/x.js").await?.code(), "not_found");
    let answer = server
        .client()
        .with_header("x-request-id", "my-id.1")
        .get("/healthz")
        .await?;
    assert_eq!(answer.header("x-request-id"), "my-id.1");
    let answer = server
        .client()
        .with_header("x-request-id", "<script>")
        .get("/healthz")
        .await?;
    assert_ne!(answer.header("x-request-id"), "<script>");
    Ok(())
}

#[tokio::test]
async fn health_metrics_and_documents_are_there() -> anyhow::Result<()> {
    let own = format!("127.0.0.1:{}", tests::places::free_port()?);
    let server = Server::start_with(Setup::default().arg(format!("--metrics-listen={own}"))).await?;
    let nobody = server.client();
    assert_eq!(nobody.get("/healthz").await?.body, json!({"status": "ok"}));
    assert_eq!(nobody.get("/readyz").await?.body, json!({"status": "ok"}));
    assert_eq!(nobody.get("/api/v1/version").await?.text_of("/api"), "v1");
    let admin = server.admin().await?;
    for answer in [
        admin.get("/metrics").await?,
        tests::server::Client::new(&format!("http://{own}"))
            .get("/metrics")
            .await?,
    ] {
        let text = String::from_utf8_lossy(&answer.bytes).into_owned();
        assert_eq!(answer.status, 200);
        for part in [
            "showrun_http_requests_total{operation=\"version_view\",status=\"200\"} 1",
            "showrun_logins_total{outcome=\"succeeded\"} 1",
            "showrun_http_request_duration_seconds_bucket",
        ] {
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
    }
    let page = nobody.get("/docs").await?;
    assert!(String::from_utf8_lossy(&page.bytes).contains("/docs/scalar.js"));
    let script = nobody.get("/docs/scalar.js").await?;
    assert!(script.bytes.len() > 1_000_000, "{} bytes", script.bytes.len());
    let printed = tokio::process::Command::new(tests::places::binary("showrun").unwrap())
        .arg("openapi")
        .output()
        .await?;
    assert_eq!(nobody.get("/openapi.json").await?.bytes, printed.stdout);
    Ok(())
}

#[tokio::test]
async fn the_server_speaks_tls() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let (cert, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    let openssl = tokio::process::Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-days",
            "1",
        ])
        .args(["-subj", "/CN=localhost", "-keyout"])
        .arg(&key)
        .arg("-out")
        .arg(&cert)
        .output()
        .await;
    if !openssl.is_ok_and(|output| output.status.success()) {
        skip("access::the_server_speaks_tls", "openssl is not installed");
        return Ok(());
    }
    let setup = Setup::default()
        .arg(format!("--tls-cert={}", cert.display()))
        .arg(format!("--tls-key={}", key.display()));
    let server = Server::start_with(setup).await?;
    assert!(server.url().starts_with("https://"));
    let body = json!({"username": "admin", "password": PASSWORD});
    let browser = server.client().with_header("origin", server.url());
    let answer = browser.post("/api/v1/auth/login", &body).await?;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(answer.header("set-cookie").contains("; Secure"));
    assert!(!answer.header("strict-transport-security").is_empty());
    let plain = tests::server::Client::new(&server.url().replace("https:", "http:"));
    assert!(plain.get("/healthz").await.is_err());
    let swapped = Setup::default()
        .arg(format!("--tls-cert={}", key.display()))
        .arg(format!("--tls-key={}", cert.display()));
    let error = Server::start_with(swapped).await.err().map(|error| error.to_string());
    assert!(error.is_some_and(|error| error.contains("tls_cert or tls_key cannot be used")));
    Ok(())
}

use std::time::Duration;

use super::*;

fn credentials(password: &str) -> Credentials {
    Credentials {
        username: "ops".to_owned(),
        password: Some(password.to_owned().into()),
        ..Credentials::default()
    }
}

const REFUSED: Option<FailureKind> = Some(FailureKind::AuthenticationFailed);

/// Whether it is still waiting when everything else has come to rest.
async fn waits<T>(task: &tokio::task::JoinHandle<T>) -> bool {
    tokio::time::sleep(Duration::from_millis(20)).await;
    !task.is_finished()
}

#[tokio::test]
async fn no_more_than_the_limit_are_tried_until_one_succeeds() {
    let logins = Breaker::new(3).logins(None);
    let secret = credentials("right");
    let mut permits = Vec::new();
    for _ in 0..3 {
        permits.push(logins.admit(&secret).await.unwrap());
    }
    let waiting = tokio::spawn({
        let (logins, secret) = (Arc::clone(&logins), secret.clone());
        async move { logins.admit(&secret).await.map(|permit| permit.report(None)) }
    });
    assert!(waits(&waiting).await);
    permits.pop().unwrap().report(None);
    waiting.await.unwrap().unwrap();
    for _ in 0..50 {
        permits.push(logins.admit(&secret).await.unwrap());
    }
}

#[tokio::test]
async fn refusals_in_a_row_close_it_for_this_secret_alone() {
    let breaker = Breaker::new(3);
    let logins = breaker.logins(None);
    for _ in 0..3 {
        logins.admit(&credentials("wrong")).await.unwrap().report(REFUSED);
    }
    let error = logins.admit(&credentials("wrong")).await.unwrap_err();
    assert_eq!(error.kind, FailureKind::CredentialPaused);
    logins.admit(&credentials("other")).await.unwrap();
    breaker.release(&breaker.identity(&credentials("wrong")));
    logins.admit(&credentials("wrong")).await.unwrap();
}

#[tokio::test]
async fn a_dropped_permit_and_a_broken_line_count_as_no_refusal() {
    let logins = Breaker::new(1).logins(None);
    for _ in 0..5 {
        drop(logins.admit(&credentials("x")).await.unwrap());
        let permit = logins.admit(&credentials("x")).await.unwrap();
        permit.report(Some(FailureKind::Disconnected));
    }
    logins.check(&credentials("x")).unwrap();
}

#[tokio::test]
async fn a_limit_of_zero_counts_nothing() {
    let breaker = Breaker::new(0);
    let logins = breaker.logins(None);
    for _ in 0..20 {
        logins.admit(&credentials("wrong")).await.unwrap().report(REFUSED);
    }
    logins.check(&credentials("wrong")).unwrap();
    breaker.logins(Some(3)).admit(&credentials("wrong")).await.unwrap();
}

#[tokio::test]
async fn a_success_frees_its_own_run_and_refusals_belong_to_all() {
    let breaker = Breaker::new(2);
    let (one, other) = (breaker.logins(None), breaker.logins(None));
    let secret = credentials("right");
    one.admit(&secret).await.unwrap().report(None);
    let mut permits = Vec::new();
    for _ in 0..10 {
        permits.push(one.admit(&secret).await.unwrap());
    }
    for _ in 0..2 {
        permits.push(other.admit(&secret).await.unwrap());
    }
    let waiting = tokio::spawn({
        let (other, secret) = (Arc::clone(&other), secret.clone());
        async move { other.admit(&secret).await.map(drop) }
    });
    assert!(waits(&waiting).await, "the other run has not succeeded yet");
    // The password was changed on the devices while the first run went on.
    for permit in permits.drain(..2) {
        permit.report(REFUSED);
    }
    assert_eq!(waiting.await.unwrap().unwrap_err().kind, FailureKind::CredentialPaused);
    assert_eq!(one.check(&secret).unwrap_err().kind, FailureKind::CredentialPaused);
}

#[tokio::test]
async fn a_run_with_a_lower_limit_does_not_wait_for_ever() {
    let breaker = Breaker::new(5);
    let secret = credentials("wrong");
    for _ in 0..3 {
        breaker.logins(None).admit(&secret).await.unwrap().report(REFUSED);
    }
    let strict = breaker.logins(Some(2));
    assert_eq!(
        strict.admit(&secret).await.unwrap_err().kind,
        FailureKind::CredentialPaused
    );
    breaker.logins(None).admit(&secret).await.unwrap();
}

/// A login that is asked for beside the test.
fn asked(
    logins: &Arc<Logins>,
    secret: &Credentials,
) -> tokio::task::JoinHandle<std::result::Result<Permit, DeviceError>> {
    let (logins, secret) = (Arc::clone(logins), secret.clone());
    tokio::spawn(async move { logins.admit(&secret).await })
}

#[tokio::test]
async fn after_a_refusal_nobody_goes_before_it_is_kept() {
    let (keeper, mut changes) = mpsc::unbounded_channel();
    let breaker = Breaker::kept([7; 32], [], keeper);
    let logins = breaker.logins(Some(3));
    let secret = credentials("wrong");
    let first = asked(&logins, &secret);
    breaker.saved(&changes.recv().await.unwrap());
    first.await.unwrap().unwrap().report(REFUSED);
    let waiting = asked(&logins, &secret);
    assert!(waits(&waiting).await);
    let change = changes.recv().await.unwrap();
    assert_eq!(
        (change.username.as_str(), change.count.consecutive_failures),
        ("ops", 1)
    );
    breaker.saved(&change);
    let begins = changes.recv().await.unwrap();
    assert_eq!((begins.count.consecutive_failures, begins.count.in_flight), (1, 1));
    breaker.saved(&begins);
    breaker.settled().await;
    waiting.await.unwrap().unwrap().report(None);
    let reset = changes.recv().await.unwrap();
    assert_eq!(reset.count, Count::default());
    // A success needs no keeping before the next one goes, and who has succeeded leaves no marks.
    logins.admit(&secret).await.unwrap().report(REFUSED);
    assert_eq!(changes.recv().await.unwrap().count.in_flight, 0);
    let waiting = asked(&logins, &secret);
    drop(changes);
    breaker.changed.notify_waiters();
    assert_eq!(waiting.await.unwrap().unwrap_err().kind, FailureKind::Internal);
}

#[tokio::test]
async fn a_login_under_way_is_kept_before_it_goes_and_counts_as_refused_after_a_kill() {
    let (keeper, mut changes) = mpsc::unbounded_channel();
    let first = Breaker::kept([7; 32], [], keeper);
    let secret = credentials("wrong");
    let logins = first.logins(Some(3));
    let (one, other, third) = (
        asked(&logins, &secret),
        asked(&logins, &secret),
        asked(&logins, &secret),
    );
    let mut kept = Vec::new();
    for _ in 0..2 {
        kept.push(changes.recv().await.unwrap());
    }
    assert!(
        waits(&one).await && waits(&other).await,
        "nobody logs in before that is kept"
    );
    for change in &kept {
        first.saved(change);
    }
    let under_way = [one.await.unwrap().unwrap(), other.await.unwrap().unwrap()];
    assert!(waits(&third).await, "one try is left for after a kill");
    let last = kept.last().unwrap().clone();
    assert_eq!((last.count.in_flight, last.count.consecutive_failures), (2, 0));

    // The process is killed: nobody hears how these two end.
    let (keeper, mut changes) = mpsc::unbounded_channel();
    let second = Breaker::kept([7; 32], [(last.identity, last.count)], keeper);
    assert_eq!(second.count(&last.identity).consecutive_failures, 2);
    let logins = second.logins(Some(3));
    let (one, other) = (asked(&logins, &secret), asked(&logins, &secret));
    let begins = changes.recv().await.unwrap();
    assert_eq!((begins.count.in_flight, begins.count.consecutive_failures), (1, 2));
    second.saved(&begins);
    let (done, waiting) = match waits(&one).await {
        false => (one, other),
        true => (other, one),
    };
    done.await.unwrap().unwrap().report(REFUSED);
    second.saved(&changes.recv().await.unwrap());
    assert_eq!(waiting.await.unwrap().unwrap_err().kind, FailureKind::CredentialPaused);
    assert!(second.count(&last.identity).closed_at.is_some());

    // Killed once more in such a moment there is none left, until a person says so.
    let (keeper, mut changes) = mpsc::unbounded_channel();
    let third_time = Breaker::kept([7; 32], [(begins.identity, begins.count)], keeper);
    let logins = third_time.logins(Some(3));
    assert_eq!(
        logins.admit(&secret).await.unwrap_err().kind,
        FailureKind::CredentialPaused
    );
    let closed = changes.recv().await.unwrap();
    assert!(closed.count.closed_at.is_some(), "a person sees why nothing is tried");
    third_time.saved(&closed);
    third_time.release(&begins.identity);
    third_time.saved(&changes.recv().await.unwrap());
    let again = asked(&logins, &secret);
    third_time.saved(&changes.recv().await.unwrap());
    again.await.unwrap().unwrap().report(None);
    drop(under_way);
    third.abort();
}

#[tokio::test]
async fn what_was_closed_before_stays_closed_for_the_same_key() {
    let (keeper, mut changes) = mpsc::unbounded_channel();
    let first = Breaker::kept([7; 32], [], keeper);
    let secret = credentials("wrong");
    let logins = first.logins(Some(1));
    let permit = asked(&logins, &secret);
    first.saved(&changes.recv().await.unwrap());
    permit.await.unwrap().unwrap().report(REFUSED);
    let change = changes.recv().await.unwrap();
    assert!(change.count.closed_at.is_some());
    let (keeper, _changes) = mpsc::unbounded_channel();
    let second = Breaker::kept([7; 32], [(change.identity, change.count)], keeper);
    let error = second.logins(Some(0)).admit(&secret).await.unwrap_err();
    assert_eq!(error.kind, FailureKind::CredentialPaused);
    assert_ne!(first.identity(&credentials("a")), first.identity(&credentials("b")));
}

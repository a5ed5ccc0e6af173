//! How often somebody may try to log in: few times for one name from one place, more for one name from everywhere and
//! for one place with any names. A login that succeeds costs nothing.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use crate::error::{Error, ErrorKind, Result};

/// How many tries at once, and how long until one more.
#[derive(Clone, Copy)]
struct Limit {
    burst: u32,
    every: Duration,
}

const PAIR: Limit = Limit {
    burst: 5,
    every: Duration::from_secs(20),
};
const NAME: Limit = Limit {
    burst: 20,
    every: Duration::from_secs(10),
};
const PLACE: Limit = Limit {
    burst: 30,
    every: Duration::from_secs(4),
};
/// Names and places that are remembered; who is over it waits like anybody who tried too often.
const MOST: usize = 100_000;

#[derive(Clone, PartialEq, Eq, Hash)]
enum Key {
    Pair(String, String),
    Name(String),
    Place(String),
}

/// When all tries are there again. A try pushes it on by one interval.
#[derive(Default)]
pub(super) struct Throttle {
    full_at: Mutex<HashMap<Key, Instant>>,
}

/// A try that was allowed.
pub(super) struct Try(Vec<(Key, Limit)>);

impl Throttle {
    /// Counts a try.
    ///
    /// # Errors
    /// `login_throttled`, with the seconds to wait.
    pub(super) fn take(&self, name: &str, address: &str) -> Result<Try> {
        self.take_at(Instant::now(), name, address)
    }

    fn take_at(&self, now: Instant, name: &str, address: &str) -> Result<Try> {
        let place = place(address);
        let keys = vec![
            (Key::Pair(name.to_owned(), place.clone()), PAIR),
            (Key::Name(name.to_owned()), NAME),
            (Key::Place(place), PLACE),
        ];
        let mut full_at = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        if full_at.len() + keys.len() > MOST {
            full_at.retain(|_, at| *at > now);
        }
        let wait = keys
            .iter()
            .map(|(key, limit)| wait(full_at.get(key).copied(), *limit, now))
            .max()
            .unwrap_or_default();
        let wait = match full_at.len() + keys.len() > MOST {
            true => wait.max(NAME.every),
            false => wait,
        };
        if wait > Duration::ZERO {
            let mut error = Error::new(
                ErrorKind::Throttled,
                "login_throttled",
                "Too many logins failed: wait before you try again",
            );
            error.retry_after = Some(wait.as_secs() + 1);
            return Err(error);
        }
        for (key, limit) in &keys {
            let at = full_at.entry(key.clone()).or_insert(now);
            *at = (*at).max(now) + limit.every;
        }
        Ok(Try(keys))
    }

    /// The try was a good one: it does not count.
    pub(super) fn give_back(&self, tried: Try) {
        let mut full_at = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        for (key, limit) in tried.0 {
            if let Some(at) = full_at.get_mut(&key) {
                *at = at.checked_sub(limit.every).unwrap_or(*at);
            }
        }
    }
}

fn wait(full_at: Option<Instant>, limit: Limit, now: Instant) -> Duration {
    let missing = full_at.map_or(Duration::ZERO, |at| at.saturating_duration_since(now));
    (missing + limit.every).saturating_sub(limit.every * limit.burst)
}

/// One person has many addresses of IPv6: they count as one.
fn place(address: &str) -> String {
    match address.parse::<IpAddr>() {
        Ok(IpAddr::V6(address)) => match address.to_ipv4_mapped() {
            Some(address) => address.to_string(),
            None => {
                let [a, b, c, d, ..] = address.segments();
                format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
            }
        },
        _ => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(throttle: &Throttle, now: Instant, name: &str, address: &str, tries: usize) -> usize {
        (0..tries)
            .filter(|_| throttle.take_at(now, name, address).is_ok())
            .count()
    }

    #[test]
    fn a_name_from_a_place_has_five_tries_and_gets_them_back() {
        let throttle = Throttle::default();
        let now = Instant::now();
        assert_eq!(taken(&throttle, now, "admin", "10.0.0.1", 500), 5);
        let error = throttle.take_at(now, "admin", "10.0.0.1").err().unwrap();
        assert_eq!(error.code, "login_throttled");
        assert_eq!(error.retry_after, Some(21));
        let later = now + PAIR.every;
        assert_eq!(taken(&throttle, later, "admin", "10.0.0.1", 5), 1);
        // Another name from there, the same name from elsewhere: they have tries of their own.
        assert_eq!(taken(&throttle, now, "maria", "10.0.0.1", 1), 1);
        assert_eq!(taken(&throttle, now, "admin", "10.0.0.2", 1), 1);
    }

    #[test]
    fn many_places_do_not_help_against_one_name_nor_many_names_from_one_place() {
        let throttle = Throttle::default();
        let now = Instant::now();
        let places = (0..200).filter(|n| throttle.take_at(now, "admin", &format!("10.0.0.{n}")).is_ok());
        assert_eq!(places.count(), 20);
        let names = (0..200).filter(|n| throttle.take_at(now, &format!("u{n}"), "2001:db8::1").is_ok());
        assert_eq!(names.count(), 30);
        assert!(throttle.take_at(now, "other", "2001:db8::2").is_err());
    }

    #[test]
    fn what_succeeds_costs_nothing() {
        let throttle = Throttle::default();
        let now = Instant::now();
        for _ in 0..1000 {
            let tried = throttle.take_at(now, "admin", "10.0.0.1").unwrap();
            throttle.give_back(tried);
        }
    }
}

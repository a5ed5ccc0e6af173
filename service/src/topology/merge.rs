//! From what each end hears to links: both ends of one are one.

use std::collections::{BTreeMap, HashSet};

use super::{End, Link};

/// What one end says of a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Heard {
    pub(super) own: End,
    pub(super) other: End,
    pub(super) first_seen_at: i64,
    pub(super) last_seen_at: i64,
}

/// The links, in the order in which they were first said.
pub(super) fn links(said: Vec<Heard>) -> Vec<Link> {
    let mut pairs: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
    for (at, one) in said.iter().enumerate() {
        let (own, other) = (one.own.node.as_str(), one.other.node.as_str());
        let pair = if own <= other { (own, other) } else { (other, own) };
        pairs.entry(pair).or_default().push(at);
    }
    // Which saying is the other end of which.
    let mut ends: BTreeMap<usize, usize> = BTreeMap::new();
    for sayings in pairs.values() {
        ends.extend(ends_of_pair(&said, sayings));
    }
    let taken: HashSet<usize> = ends.values().copied().collect();
    let mut known = HashSet::new();
    let mut links = Vec::new();
    for (at, one) in said.iter().enumerate().filter(|(at, _)| !taken.contains(at)) {
        let other = ends.get(&at).and_then(|other| said.get(*other));
        let link = match other {
            Some(other) => Link {
                a: one.own.clone(),
                b: other.own.clone(),
                one_sided: false,
                first_seen_at: one.first_seen_at.min(other.first_seen_at),
                last_seen_at: one.last_seen_at.max(other.last_seen_at),
            },
            None => Link {
                a: one.own.clone(),
                b: one.other.clone(),
                one_sided: true,
                first_seen_at: one.first_seen_at,
                last_seen_at: one.last_seen_at,
            },
        };
        // LLDP and CDP may both tell of it.
        let ends = (key(&link.a), key(&link.b));
        let turned = (ends.1.clone(), ends.0.clone());
        if !known.contains(&turned) && known.insert(ends) {
            links.push(link);
        }
    }
    links
}

fn key(end: &End) -> (String, String) {
    (end.node.clone(), port(end).unwrap_or_default())
}

fn port(end: &End) -> Option<String> {
    end.interface.as_deref().map(str::to_lowercase)
}

/// Finds for the sayings of one end those of the other. Both name both ports as a rule; a device may send the number of a
/// port, its description or a MAC address instead of its name, and then one port, or that nothing else is left, decides.
fn ends_of_pair(said: &[Heard], sayings: &[usize]) -> Vec<(usize, usize)> {
    let Some(first) = sayings.first().and_then(|at| said.get(*at)) else {
        return Vec::new();
    };
    let of_first = |at: &&usize| said.get(**at).is_some_and(|one| one.own.node == first.own.node);
    let mut ours: Vec<usize> = sayings.iter().filter(of_first).copied().collect();
    let mut theirs: Vec<usize> = sayings.iter().filter(|at| !of_first(at)).copied().collect();
    let agree = |ours: usize, theirs: usize, both: bool| {
        let (Some(one), Some(other)) = (said.get(ours), said.get(theirs)) else {
            return false;
        };
        let there = port(&one.own).is_some() && port(&one.own) == port(&other.other);
        let here = port(&other.own).is_some() && port(&other.own) == port(&one.other);
        if both { there && here } else { there || here }
    };
    let mut found = Vec::new();
    for both in [true, false] {
        ours.retain(|one| {
            let Some(place) = theirs.iter().position(|other| agree(*one, *other, both)) else {
                return true;
            };
            found.push((*one, theirs.swap_remove(place)));
            false
        });
    }
    if let ([one], [other]) = (ours.as_slice(), theirs.as_slice()) {
        found.push((*one, *other));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(own: (&str, &str), other: (&str, &str)) -> Heard {
        let end = |(node, port): (&str, &str)| End {
            node: node.to_owned(),
            interface: Some(port.to_owned()),
        };
        Heard {
            own: end(own),
            other: end(other),
            first_seen_at: 1,
            last_seen_at: 2,
        }
    }

    fn shown(links: &[Link]) -> Vec<String> {
        let port = |end: &End| format!("{} {}", end.node, end.interface.clone().unwrap_or_default());
        links
            .iter()
            .map(|link| format!("{} {} {}", port(&link.a), if link.one_sided { "->" } else { "--" }, port(&link.b)))
            .collect()
    }

    #[test]
    fn both_ends_are_one_link_and_what_only_one_says_is_marked() {
        let links = links(vec![
            heard(("a", "Gi1"), ("b", "Gi2")),
            heard(("b", "gi2"), ("a", "gi1")),
            heard(("a", "Gi3"), ("phone", "Port 1")),
        ]);
        assert_eq!(shown(&links), ["a Gi1 -- b gi2", "a Gi3 -> phone Port 1"]);
    }

    #[test]
    fn two_links_between_the_same_devices_stay_two() {
        let links = links(vec![
            heard(("a", "Gi1"), ("b", "Gi1")),
            heard(("a", "Gi2"), ("b", "Gi2")),
            heard(("b", "Gi2"), ("a", "Gi2")),
            heard(("b", "Gi1"), ("a", "Gi1")),
        ]);
        assert_eq!(shown(&links), ["a Gi1 -- b Gi1", "a Gi2 -- b Gi2"]);
    }

    #[test]
    fn a_port_that_is_sent_as_an_address_is_known_by_the_other_end() {
        let links = links(vec![
            heard(("a", "eth1"), ("b", "00:11:22:33:44:55")),
            heard(("a", "eth2"), ("b", "00:11:22:33:44:56")),
            heard(("b", "ether7"), ("a", "eth2")),
            heard(("b", "ether6"), ("a", "eth1")),
        ]);
        assert_eq!(shown(&links), ["a eth1 -- b ether6", "a eth2 -- b ether7"]);
    }

    #[test]
    fn one_that_is_left_on_each_side_is_the_same_and_more_are_not_guessed() {
        let one = links(vec![
            heard(("a", "1"), ("b", "left")),
            heard(("b", "2"), ("a", "right")),
        ]);
        assert_eq!(shown(&one), ["a 1 -- b 2"]);
        let several = links(vec![
            heard(("a", "1"), ("b", "left")),
            heard(("a", "2"), ("b", "middle")),
            heard(("b", "3"), ("a", "right")),
        ]);
        assert_eq!(several.iter().filter(|link| link.one_sided).count(), 3);
    }

    #[test]
    fn the_same_link_told_twice_is_one() {
        let links = links(vec![heard(("a", "1"), ("x", "9")), heard(("a", "1"), ("x", "9"))]);
        assert_eq!(links.len(), 1);
    }
}
